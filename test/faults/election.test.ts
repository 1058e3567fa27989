import assert from 'node:assert/strict';
import { after, describe, type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startBroker } from '@micro-framework/broker';
import { eventually } from '../support/eventually.js';
import { evaluate, startRabbit } from '../support/rabbitmq.js';
import { type Candidate, leaderOf, standing } from '../support/standing.js';
import { openProxy } from '../support/tcp-proxy.js';

// Of its own: its connections are closed, and what is set there is for these tests alone.
const node = startRabbit({ after });

interface Ours {
  readonly uri: string;
  /** Ends all connections, as an operator can. */
  closeConnections(): Promise<unknown>;
}

const brokers: Record<string, (t: TestContext) => Promise<Ours>> = {
  async RabbitMQ() {
    const { address } = await node;
    const close =
      '[rabbit_networking:close_connection(C, "for a test") || C <- rabbit_networking:connections()].';
    return { uri: address.uri, closeConnections: () => evaluate(address, close) };
  },
  async 'the embedded broker'(t) {
    const broker = await startBroker();
    t.after(() => broker.close());
    return { uri: broker.url as string, closeConnections: () => broker.faults.dropConnections() };
  },
};

for (const [name, open] of Object.entries(brokers))
  describe(name, () => {
    test('a leader that is cut off and does not know it is granted nothing that its successor had', async (t) => {
      const { uri, closeConnections } = await open(t);
      const service = 'clock';
      const proxy = await openProxy(t, uri);
      const [cutOff] = await standing(t, { uri: proxy.uri, service }, 1);
      await leaderOf([cutOff as Candidate]);
      const others = await standing(t, { uri, service }, 2);
      const clock = new Clock([cutOff as Candidate, ...others]);
      await eventually(() => assert.ok(clock.grantedTo(0).length > 3));

      // The others connect again. The leader hears nothing: neither of the end of its connection, nor of anything else.
      proxy.blackhole('to-client');
      await closeConnections();
      await leaderOf(others);
      await eventually(() => assert.ok(clock.grantedTo(1, 2).length > 10));
      const bySuccessor = clock.grantedTo(1, 2).length;
      proxy.heal();
      await eventually(() => assert.ok(clock.grantedTo(1, 2).length > bySuccessor + 10));
      await clock.stop();

      clock.assertOnceEach();
    });

    test('a leader in a black hole is followed by another within two heartbeats and some', async (t) => {
      const { uri } = await open(t);
      const place = { service: 'timely', heartbeat: 1 };
      const proxy = await openProxy(t, uri);
      const [cutOff] = await standing(t, { ...place, uri: proxy.uri }, 1);
      await leaderOf([cutOff as Candidate]);
      const others = await standing(t, { ...place, uri }, 2);
      const clock = new Clock([cutOff as Candidate, ...others]);

      proxy.blackhole('both');
      const from = performance.now();
      await leaderOf(others);
      const took = performance.now() - from;
      await clock.stop();

      assert.ok(took < 8_000, `${took} ms`);
      clock.assertOnceEach();
    });
  });

test('what the leader keeps is renewed: it outlives the time that RabbitMQ gives a consumer', async (t) => {
  const { address } = await node;
  await evaluate(
    address,
    'application:set_env(rabbit, consumer_timeout, 1500), application:set_env(rabbit, channel_tick_interval, 300).',
  );
  const place = { uri: address.uri, service: 'renewed' };
  const timings = [300, 60_000].map((callInterval) => ({ patience: 20_000, callInterval }));

  const [renewed] = await standing(t, place, 1, timings[0]);
  const [left] = await standing(t, { ...place, service: 'other' }, 1, timings[1]);
  await leaderOf([renewed as Candidate]);
  // Where it is not renewed RabbitMQ has closed the channel, and it leads for the second time.
  await eventually(() => assert.ok((left?.elected ?? 0) >= 2), 30_000);

  assert.equal(renewed?.elected, 1);
  await renewed?.stop();
  await left?.stop();
});

/** Each instance claims the same moments, as their timers would, twenty a second. */
class Clock {
  readonly #granted: { readonly who: number; readonly moment: number }[] = [];
  readonly #claiming = new Set<Promise<void>>();
  readonly #running: Promise<void>;
  #isStopped = false;

  constructor(candidates: readonly Candidate[]) {
    this.#running = this.#run(candidates);
  }

  grantedTo(...whom: readonly number[]): readonly number[] {
    return this.#granted.filter(({ who }) => whom.includes(who)).map(({ moment }) => moment);
  }

  assertOnceEach(): void {
    const moments = this.#granted.map(({ moment }) => moment);
    assert.equal(new Set(moments).size, moments.length, JSON.stringify(this.#granted));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
    await Promise.all(this.#claiming);
  }

  async #run(candidates: readonly Candidate[]): Promise<void> {
    while (!this.#isStopped) {
      const moment = Math.floor(Date.now() / 50) * 50;
      for (const [who, { leadership }] of candidates.entries()) {
        const claiming = leadership.claim(new Date(moment)).then((isGranted) => {
          if (isGranted) this.#granted.push({ who, moment });
          this.#claiming.delete(claiming);
        });
        this.#claiming.add(claiming);
      }
      await wait(50);
    }
  }
}
