import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { openBroker } from '@micro-framework/broker';
import { confirmChannel, Inbox } from '../../support/broker-client.js';
import { dataFolder } from '../../support/broker-process.js';
import { type BrokerUser, startUser } from '../../support/broker-users.js';
import { eventually } from '../../support/eventually.js';

const takeOvers = Number(process.env.TAKE_OVERS ?? 3);
const patience = 60_000;

suite('while several processes publish to the broker of a folder', () => {
  test(`its host is killed ${takeOvers} times over, and nothing confirmed is lost`, async (t) => {
    const { storage } = dataFolder();
    const all: BrokerUser[] = [];
    let present = [startUser(t, storage), startUser(t, storage), startUser(t, storage)];
    all.push(...present);

    for (let at = 0; at < takeOvers; at++) {
      const host = await working(present);
      await host.kill();
      const late = startUser(t, storage);
      present = [...present.filter((user) => user !== host), late];
      all.push(late);
    }
    await working(present);
    for (const user of present) await user.kill();

    await assertKept(t, storage, all);
  });

  test('each leaves in good order, and the last one too', async (t) => {
    const { storage } = dataFolder();
    const all = [startUser(t, storage), startUser(t, storage), startUser(t, storage)];
    let present = [...all];

    while (present.length > 0) {
      const host = await working(present);
      await host.leave();
      present = present.filter((user) => user !== host);
    }

    await assertKept(t, storage, all);
  });
});

/** Waits until one of them hosts and each has got more confirms than it had. Returns the host. */
async function working(users: readonly BrokerUser[]): Promise<BrokerUser> {
  const before = users.map(({ confirmed }) => confirmed.size);
  await eventually(() => {
    assert.equal(users.filter((user) => user.isHosting()).length, 1, 'one of them hosts');
    for (const [at, { confirmed }] of users.entries())
      assert.ok(confirmed.size > (before[at] ?? 0) + 20, `process ${at} gets confirms`);
  }, patience);
  return users.find((user) => user.isHosting()) as BrokerUser;
}

async function assertKept(t: TestContext, storage: string, users: readonly BrokerUser[]): Promise<void> {
  const confirmed = new Set(users.flatMap((user) => [...user.confirmed]));
  const broker = openBroker(storage);
  t.after(() => broker.close());
  const ch = await confirmChannel(t, await broker.locate());
  const { messageCount } = await ch.assertQueue('q', { durable: true });
  const inbox = await Inbox.open(ch, 'q', { noAck: true });
  await inbox.first(messageCount);
  const kept = new Set(inbox.bodies);
  const lost = [...confirmed].filter((id) => !kept.has(id));
  assert.deepEqual(lost, [], `of ${confirmed.size}`);
}
