import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { headerNames } from '@micro-framework/amqp';
import { bootstrap, type Runner } from '@micro-framework/core';
import { openPeer, type Peer } from '../support/amqp-peer.js';
import { type BrokerUnderTest, brokers } from '../support/brokers.js';
import { eventually } from '../support/eventually.js';
import { Ledger } from '../support/ledger.js';
import { type Errand, ErrandsModule } from './fixtures/errands-service.js';

// `npm run test:faults` measures ten thousand good messages without and with a poisoned one beside them, which are to have
// 0.9 of the pace. Here it is only sure that they are handled. A worker takes 100 ms of CPU to start, a process 300, and
// until then its share of the calls is missing: what a death costs depends on how many there are. At any time one such
// message, tried again after the ten seconds that are the default, is what a service in use sees at the worst.
const good = Number(process.env.FAULTS_PACED ?? 100);
const share = Number(process.env.FAULTS_PACE ?? 0);
const poisonEvery = Number(process.env.FAULTS_POISON_EVERY ?? 500);
const patience = 60_000;

/** A way to die, what is made of it, and how often it is tried. */
type Death = readonly [how: string, reason: string, attempts: number];

const deaths: Record<string, readonly Death[]> = {
  thread: [
    ['exit', 'crashed', 3],
    ['loop', 'timed-out', 2],
    ['exhaust', 'crashed', 2],
  ],
  process: [
    ['exit', 'crashed', 3],
    ['kill', 'crashed', 2],
    ['loop', 'timed-out', 2],
    ['exhaust', 'crashed', 2],
  ],
};

interface Service {
  readonly runner: Runner;
  readonly peer: Peer;
  readonly ledger: Ledger;
  queueOf(method: string): string;
  /** Sends an errand to a handler. */
  send(method: string, id: string, ms?: number): Promise<void>;
}

async function start(t: TestContext, broker: BrokerUnderTest, mode: string): Promise<Service> {
  const { uri, unique } = await broker.open();
  const peer = await openPeer(t, uri);
  const ledger = new Ledger(t);
  const serviceName = unique('errands');
  const runner = await bootstrap(ErrandsModule, {
    serviceName,
    amqpUri: uri,
    workerMode: mode as 'thread',
    maxWorkers: 3,
    taskGrace: 100,
    logLevel: (process.env.TEST_LOG ?? 'silent') as 'silent',
    signals: false,
  });
  t.after(() => runner.stop(2_000));
  const queueOf = (method: string): string => `errands.${method}__${serviceName}.Errands.${method}`;
  return {
    runner,
    peer,
    ledger,
    queueOf,
    send(method, id, ms = 0) {
      const errand: Errand = { id, file: ledger.file, ms };
      return peer.send(queueOf(method), { body: errand, messageId: id });
    },
  };
}

for (const broker of brokers)
  for (const [mode, ways] of Object.entries(deaths)) {
    describe(`a worker ${mode} that dies with a delivery in hand, on ${broker.name}`, () => {
      test('has failed an attempt: each is settled once, and the last one ends in the dead letters', async (t) => {
        const { peer, ledger, runner, queueOf, send } = await start(t, broker, mode);

        await Promise.all(ways.map(([how]) => send(how, how)));
        await Promise.all(Array.from({ length: 20 }, (_, n) => send('work', `good-${n}`)));

        for (const [how, reason, attempts] of ways) {
          const letter = await eventually(
            async () => (await peer.get(`${queueOf(how)}.dead`)) ?? assert.fail(`${how} is not dead`),
            patience,
          );
          const { [headerNames.reason]: why, [headerNames.attempt]: attempt } =
            letter.properties.headers ?? {};
          assert.deepEqual([letter.properties.messageId, why, attempt], [how, reason, attempts]);
        }
        const begun = ways.reduce((sum, [, , attempts]) => sum + attempts, 20);
        await eventually(() => assert.equal(ledger.handled().size, begun), patience);
        for (const [line, times] of ledger.handled()) assert.equal(times, 1, `${line} was begun twice`);
        for (const [how] of ways)
          assert.deepEqual(
            [await peer.count(queueOf(how)), await peer.count(`${queueOf(how)}.dead`)],
            [0, 0],
          );
        const dead = runner.routes.reduce((sum, { counts }) => sum + counts.deadLettered, 0);
        assert.equal(dead, ways.length);
      });

      test('costs the messages beside it little, while all the time there is one that kills a worker again and again', async (t) => {
        const service = await start(t, broker, mode);
        const { ledger, peer, queueOf } = service;
        await pace(service, 'warm');

        const before = await pace(service, 'before');
        const poison = new Poison(service);
        await poison.begun();
        const from = performance.now();
        const beside = await pace(service, 'beside');
        const seconds = (performance.now() - from) / 1_000;
        const deaths = poison.deaths();
        const poisoned = await poison.end();
        const after = await pace(service, 'after');

        const expected = ['warm', 'before', 'beside', 'after'].flatMap((name) =>
          Array.from({ length: good }, (_, n) => `${name}-${n} 1`),
        );
        for (const id of poisoned) expected.push(`${id} 1`, `${id} 2`, `${id} 3`);
        const handled = ledger.handled();
        assert.deepEqual([...handled.keys()].sort(), expected.sort());
        assert.ok([...handled.values()].every((times) => times === 1));
        assert.equal(await peer.count(`${queueOf('poison')}.dead`), 0, 'each was buried once');
        const alone = (before + after) / 2;
        const ratio = beside / alone;
        t.diagnostic(
          `${before.toFixed()} and ${after.toFixed()} a second alone, ${beside.toFixed()} beside ` +
            `${deaths} deaths in ${seconds.toFixed(1)} s: ${ratio.toFixed(2)}`,
        );
        assert.ok(deaths > (seconds * 1_000) / poisonEvery / 2, `${deaths} deaths in ${seconds} s`);
        assert.ok(ratio >= share, `${ratio}`);
      });
    });
  }

/** From now on there is always one message that kills its worker, each until it is a dead letter. */
class Poison {
  readonly #service: Service;
  readonly #sent: string[] = [];
  readonly #running: Promise<void>;
  #isOver = false;

  constructor(service: Service) {
    this.#service = service;
    this.#running = this.#run();
    // Told by end(), which may come after it.
    this.#running.catch(() => {});
  }

  /** Workers that have died of it. */
  deaths(): number {
    const route = this.#service.runner.routes.find(({ target }) => target === 'Errands.poison');
    return route?.counts.crashed ?? Number.NaN;
  }

  /** Resolves when it has killed for the first time. */
  begun(): Promise<void> {
    return eventually(() => assert.ok(this.deaths() > 0), patience);
  }

  /** Sends no more, and resolves to the ids of all when they are dead letters. */
  async end(): Promise<readonly string[]> {
    this.#isOver = true;
    await this.#running;
    return this.#sent;
  }

  async #run(): Promise<void> {
    const { peer, queueOf, send } = this.#service;
    while (!this.#isOver) {
      const id = `poison-${this.#sent.length}`;
      this.#sent.push(id);
      await send('poison', id);
      const letter = await eventually(
        async () => (await peer.get(`${queueOf('poison')}.dead`)) ?? assert.fail(`${id} is not dead`),
        patience,
      );
      assert.equal(letter.properties.messageId, id);
    }
  }
}

/** How many good messages a second are handled while more of them wait. */
async function pace({ runner, send }: Service, name: string): Promise<number> {
  const route = runner.routes.find(({ target }) => target === 'Errands.work');
  const succeeded = (): number => route?.counts.succeeded ?? Number.NaN;
  const before = succeeded();
  const from = performance.now();
  await Promise.all(Array.from({ length: good }, (_, n) => send('work', `${name}-${n}`, 5)));
  await eventually(() => assert.equal(succeeded(), before + good), patience * 2);
  return good / ((performance.now() - from) / 1_000);
}
