import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { json, openPeer } from '../../support/amqp-peer.js';
import { brokers } from '../../support/brokers.js';
import { bury } from '../../support/dead-letters.js';
import { eventually } from '../../support/eventually.js';

const script = fileURLToPath(new URL('../fixtures/replaying.js', import.meta.url));
const letters = 40;

for (const broker of brokers)
  test(`a replay that is killed in the middle loses no letter, on ${broker.name}`, async (t) => {
    const { uri, unique } = await broker.open();
    const peer = await openPeer(t, uri);
    const queue = unique('work');
    await peer.channel.assertQueue(queue);
    await peer.channel.assertQueue(`${queue}.dead`, { arguments: { 'x-queue-type': 'classic' } });
    for (let n = 0; n < letters; n++) await bury(peer, queue, { id: `c${n}`, body: { n } });
    const before = await peer.count(`${queue}.dead`);

    const child = spawn(process.execPath, [script, uri, queue], { stdio: 'inherit' });
    t.after(() => child.kill('SIGKILL'));
    await eventually(async () => assert.ok((await peer.count(queue)) >= 10), 60_000);
    child.kill('SIGKILL');
    await once(child, 'exit');

    assert.equal(before, letters);
    // The broker has to notice that the process is gone.
    await eventually(async () => {
      assert.ok((await peer.count(queue)) + (await peer.count(`${queue}.dead`)) >= letters);
    });
    const replayed = await numbers(queue);
    const left = await numbers(`${queue}.dead`);
    assert.deepEqual(
      [...new Set([...replayed, ...left])],
      Array.from({ length: letters }, (_, n) => n),
    );
    assert.ok(left.length > 0, 'it was killed before it was done');
    assert.ok(replayed.length + left.length <= letters + 32, 'those under way may be in both places');

    async function numbers(of: string): Promise<number[]> {
      const found: number[] = [];
      for (let next = await peer.get(of); next; next = await peer.get(of))
        found.push((json(next) as { n: number }).n);
      return found;
    }
  });
