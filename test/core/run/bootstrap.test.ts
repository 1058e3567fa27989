import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bootstrap, type Class, type Runner, WorkerStartError } from '@micro-framework/core';
import { root } from '../../support/sources.js';
import { BrokenInWorkersModule } from '../fixtures/broken-in-workers.js';
import { FirstModule, SecondModule } from '../fixtures/two-modules.js';
import { dataModule } from '../support/data-module.js';
import { answerOf } from '../support/probe.js';

const options = { maxWorkers: 1, serviceName: 'shop', logLevel: 'silent', signals: false } as const;

for (const workerMode of ['thread', 'process'] as const) {
  test(`bootstrap fails when its file throws at import in a ${workerMode} worker, with file and stack`, async () => {
    const broken = fileURLToPath(new URL('../fixtures/broken-in-workers.js', import.meta.url));

    const error = await bootstrap(BrokenInWorkersModule, { ...options, workerMode }).then(
      () => assert.fail('it started'),
      (thrown: unknown) => thrown,
    );

    assert.ok(error instanceof WorkerStartError);
    assert.ok(error.message.includes('broken-in-workers.js'), error.message);
    assert.match(error.message, /could not load the service: this file cannot be imported by workers/);
    const { stack = '' } = error.cause as Error;
    assert.match(stack, /^TypeError: this file cannot be imported by workers\n/);
    assert.ok(stack.includes(broken), stack);
  });

  test(`${workerMode} workers import the file whose import.meta bootstrap is given`, async (t) => {
    const { module, url } = await dataModule();

    await opened(t, bootstrap(module, { url } as ImportMeta, { ...options, workerMode }));

    assert.notEqual(await answerOf('where'), place());
  });

  test(`${workerMode} workers import the file that @Module is told`, async (t) => {
    const { module } = await dataModule({ url: 'import.meta.url' });

    await opened(t, bootstrap(module, { ...options, workerMode }));

    assert.notEqual(await answerOf('where'), place());
  });

  test(`two modules in one process have ${workerMode} workers of their own, each to its end`, async (t) => {
    const start = (module: Class) => opened(t, bootstrap(module, { ...options, workerMode }));
    const [first] = await Promise.all([start(FirstModule), start(SecondModule)]);
    const both = await Promise.all([answerOf('First.where'), answerOf('Second.where')]);

    await first.stop();

    assert.deepEqual(both, ['first', 'second']);
    assert.equal(await answerOf('Second.where'), 'second');
  });
}

test('what node -e evaluates is told to become a file, also where it passes its import.meta', async () => {
  const program = `
    import { bootstrap, Module, route, Timer } from '@micro-framework/core';
    class EvaluatedModule {}
    Module({ routes: [route(() => {}, Timer(1_000), { name: 'tick' })] })(EvaluatedModule);
    for (const meta of [[], [import.meta]]) {
      await bootstrap(EvaluatedModule, ...meta, { logLevel: 'silent' }).catch(({ message }) => console.log(message));
    }`;

  const evaluated = ['--input-type=module', '-e', program];
  const { stdout } = await promisify(execFile)(process.execPath, evaluated, { cwd: root, timeout: 60_000 });

  const message =
    'it is unknown which file declares EvaluatedModule, so workers cannot import it. What node -e or a REPL evaluates ' +
    "has to become a file, or run with workerMode: 'inline'; in a data: URL, call bootstrap(EvaluatedModule, " +
    'import.meta), or add url: import.meta.url to @Module({ ... }).';
  assert.deepEqual(stdout.trim().split('\n'), [message, message]);
});

async function opened(
  t: { after(fn: () => Promise<void>): void },
  starting: Promise<Runner>,
): Promise<Runner> {
  const runner = await starting;
  t.after(() => runner.stop());
  return runner;
}

/** Of the main side, as the handler of a data module tells its own. */
function place(): string {
  return `${process.pid}/0`;
}
