import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { dataFolder, hostBroker } from '../support/broker-process.js';
import { assertOnceEach, ClockFleet } from '../support/clock-fleet.js';
import { openVhost } from '../support/rabbitmq.js';
import { restartableBrokers } from '../support/restartable-broker.js';

/** `npm run test:faults` kills twenty leaders, and freezes two; here a few are enough to see that it works at all. */
const kills = Number(process.env.FAULTS_LEADER_KILLS ?? 2);
const freezes = Number(process.env.FAULTS_LEADER_FREEZES ?? 1);
const heartbeat = 10_000;

/** How instances of one service find their broker: settings of the environment. */
const brokers: readonly { name: string; open(t: TestContext): Promise<NodeJS.ProcessEnv> }[] = [
  {
    name: 'RabbitMQ',
    async open() {
      const { uri, unique } = await openVhost();
      return { AMQP_URI: uri, SERVICE_NAME: unique('clock') };
    },
  },
  {
    // One of the instances hosts it: when that is killed, another one does.
    name: 'the embedded broker of a folder',
    open: async () => ({ AMQP_URI: dataFolder().storage, SERVICE_NAME: 'clock' }),
  },
];

for (const { name, open } of brokers) {
  describe(`a timer of three instances on ${name}`, () => {
    test(`ticks once each second while ${kills} leaders are killed, the next one within the heartbeat`, async (t) => {
      const fleet = new ClockFleet(t, await open(t));
      await fleet.start(3);
      const gaps: number[] = [];
      for (let n = 0; n < kills; n++) {
        const leader = await fleet.next(fleet.ticks.length);

        await fleet.stop(leader.pid, 'SIGKILL');
        const killed = Date.now();
        const next = await fleet.next(fleet.ticks.length, ({ pid }) => pid !== leader.pid);
        gaps.push(next.at - killed);
        await fleet.start(1);
      }
      await fleet.end();

      t.diagnostic(`ms from the kill to the next tick: ${gaps.join(', ')}`);
      assertOnceEach(fleet.ticks);
      assert.ok(Math.max(...gaps) < heartbeat, `${gaps}`);
    });

    test('is handed over at once by a leader that stops', async (t) => {
      const fleet = new ClockFleet(t, await open(t));
      await fleet.start(3);
      const leader = await fleet.next(0);

      const code = await fleet.stop(leader.pid, 'SIGTERM');
      const next = await fleet.next(fleet.ticks.length, ({ pid }) => pid !== leader.pid, heartbeat);
      await fleet.end();

      assert.equal(code, 0);
      assert.ok(next.moment > leader.moment);
      assertOnceEach(fleet.ticks);
    });
  });
}

/** Brokers that no instance hosts: frozen with their host they would freeze everybody. */
const apart: Record<string, (t: TestContext) => Promise<string>> = {
  RabbitMQ: async () => (await openVhost()).uri,
  'the embedded broker': async (t) => (await hostBroker(t, {})).url,
};

for (const [name, open] of Object.entries(apart))
  test(`a leader that was frozen while others led runs none of their ticks when it goes on, on ${name}`, async (t) => {
    const fleet = new ClockFleet(t, { AMQP_URI: await open(t), SERVICE_NAME: 'clock', AMQP_HEARTBEAT: '1' });
    await fleet.start(3);
    for (let n = 0; n < freezes; n++) {
      const frozen = await fleet.next(fleet.ticks.length);

      fleet.signal(frozen.pid, 'SIGSTOP');
      const from = fleet.ticks.length;
      const taken = await fleet.next(from, ({ pid }) => pid !== frozen.pid);
      await fleet.next(from, ({ moment }) => moment >= taken.moment + 2_000);
      fleet.signal(frozen.pid, 'SIGCONT');
      await fleet.next(from, ({ moment }) => moment >= taken.moment + 5_000);
    }
    await fleet.end();

    assertOnceEach(fleet.ticks);
  });

for (const [name, startBroker] of Object.entries(restartableBrokers))
  test(`ticks go on when ${name} was killed and is there again`, async (t) => {
    const broker = await startBroker(t);
    const fleet = new ClockFleet(t, { AMQP_URI: broker.uri, SERVICE_NAME: 'clock' });
    await fleet.start(3);
    // RabbitMQ writes down what was declared some seconds later; a quorum queue that it half remembers answers no more.
    await fleet.next(5);

    await broker.halt('kill');
    const before = fleet.ticks.length;
    await broker.start();
    await fleet.next(before + 2);
    await fleet.end();

    assertOnceEach(fleet.ticks);
  });
