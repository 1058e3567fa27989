import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { Producer } from '@micro-framework/amqp';
import { bootstrap, type Runner, type SettingOptions } from '@micro-framework/core';
import { brokers } from '../support/brokers.js';
import { eventually } from '../support/eventually.js';
import { Ledger } from '../support/ledger.js';
import { heldMemory } from '../support/memory.js';
import { type Drop, SoakModule } from './fixtures/soak-service.js';

// 200,000 under `npm run test:faults`.
const messages = Number(process.env.FAULTS_SOAK ?? 2_000);
const atOnce = 500;
const mostGrowth = 4 * 1024 * 1024;
// The last workers may be about to be replaced, and the next ones be there already.
const mostMoreHandles = 12;

for (const broker of brokers)
  for (const workerMode of ['thread', 'process'] as const)
    test(`${messages} messages on ${broker.name}, each 500 of them with a new worker ${workerMode}: memory and handles stay as they were, and none is lost`, async (t) => {
      const ledger = new Ledger(t);
      const settings = { amqpUri: await broker.openEmpty(), workerMode };
      const idle = handles();
      const { runner, handle } = await start(t, settings);

      await handle(2 * atOnce, ledger.file);
      const before = { memory: heldMemory(), handles: handles() };
      await handle(messages, ledger.file);
      await eventually(() => assertNoMore(handles(), before.handles, mostMoreHandles));
      const growth = heldMemory() - before.memory;
      await runner.stop();

      t.diagnostic(
        `${Math.round(growth / 1024)} KiB more than before, with ${JSON.stringify(before.handles)}`,
      );
      assert.ok(growth < mostGrowth, `${growth} bytes`);
      // A thread that is ended while it loads leaves files open that Node was about to read.
      await eventually(() => assertNoMore({ ...handles(), file: 0 }, idle));
      const handled = ledger.handled();
      assert.equal(handled.size, 2 * atOnce + messages);
      assert.ok(
        [...handled.values()].every((times) => times === 1),
        'one came twice',
      );
    });

interface Service {
  readonly runner: Runner;
  /** Publishes so many; resolves when they are handled. */
  handle(count: number, file: string): Promise<void>;
}

let last = 0;

async function start(t: TestContext, settings: SettingOptions): Promise<Service> {
  const runner = await bootstrap(SoakModule, {
    serviceName: 'soak',
    maxWorkers: 2,
    tasksPerWorker: 10,
    maxTasksPerChild: 500,
    logLevel: (process.env.TEST_LOG ?? 'silent') as 'silent',
    signals: false,
    ...settings,
  });
  t.after(() => runner.stop(2_000));
  const producer = runner.get(Producer);
  let published = 0;
  return {
    runner,
    async handle(count, file) {
      for (const end = published + count; published < end; published += atOnce) {
        const drops = Array.from({ length: atOnce }, (): Drop => ({ n: ++last, file }));
        await Promise.all(drops.map((drop) => producer.publish('drop', drop)));
      }
      await eventually(() => assert.equal(runner.routes[0]?.counts.succeeded, published), 1_200_000);
    },
  };
}

type Handles = Readonly<Record<string, number>>;

/** What keeps this process, and what it has open, by kind. */
function handles(): Handles {
  const counts: Record<string, number> = {};
  for (const kind of [...process.getActiveResourcesInfo(), ...openKinds()])
    counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** `socket`, `pipe`, `anon_inode` or `file` for each descriptor. */
function* openKinds(): Generator<string> {
  for (const descriptor of readdirSync('/proc/self/fd')) {
    try {
      const [, kind = 'file'] = /^(\w+):/.exec(readlinkSync(`/proc/self/fd/${descriptor}`)) ?? [];
      yield kind;
    } catch {
      // That of the listing itself has gone.
    }
  }
}

function assertNoMore(now: Handles, before: Handles, tolerated = 0): void {
  for (const [kind, count] of Object.entries(now))
    assert.ok(count <= (before[kind] ?? 0) + tolerated, `${kind}: ${count}, and ${before[kind] ?? 0} before`);
}
