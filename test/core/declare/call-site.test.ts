import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, type TestContext, test } from 'node:test';
import { bootstrap, type Class } from '@micro-framework/core';
import { scan } from '@micro-framework/core/internal';
import type common from '../fixtures/commonjs.cjs';
import { FirstModule, SecondModule } from '../fixtures/two-modules.js';
import { answerOf } from '../support/probe.js';
import { workerModes } from '../support/worker-modes.js';

const twoModules = new URL('../fixtures/two-modules.js', import.meta.url).href;
const commonjs = new URL('../fixtures/commonjs.cjs', import.meta.url).href;
const { CommonModule } = createRequire(import.meta.url)('../fixtures/commonjs.cjs') as typeof common;

describe('the file of a module', () => {
  const cases: [title: string, module: Class, file: string][] = [
    ['is where @Module stands', FirstModule, twoModules],
    ['is where a helper around @Module stands, not the file of the helper', SecondModule, twoModules],
    ['is found in CommonJS', CommonModule, commonjs],
  ];
  for (const [title, module, file] of cases) {
    test(title, () => {
      assert.equal(scan(module).modules[0]?.mark.url, file);
    });
  }

  test('holds several modules, each with a key of its own', () => {
    const keys = [FirstModule, SecondModule].map((module) => scan(module).modules[0]?.mark.key);

    assert.deepEqual(keys, [`${twoModules}#0`, `${twoModules}#1`]);
  });

  test('survives a stack trace that was changed, and leaves it as it was', async () => {
    const { prepareStackTrace, stackTraceLimit } = Error;
    Error.prepareStackTrace = () => 'mine';
    Error.stackTraceLimit = 1;

    const fresh = (await import(`${twoModules}?again`)) as { SecondModule: Class };
    const left = [Error.prepareStackTrace?.(new Error(), []), Error.stackTraceLimit];
    Object.assign(Error, { prepareStackTrace, stackTraceLimit });

    assert.equal(scan(fresh.SecondModule).modules[0]?.mark.url, `${twoModules}?again`);
    assert.deepEqual(left, ['mine', 1]);
  });
});

for (const workerMode of workerModes) {
  describe(`${workerMode} workers`, () => {
    const modules: [title: string, module: Class, target: string, answer: string][] = [
      ['the first of two modules of a file', FirstModule, 'First.where', 'first'],
      ['the second, behind a helper', SecondModule, 'Second.where', 'second'],
      ['a CommonJS module', CommonModule, 'Tasks.where', 'shop'],
    ];
    for (const [title, module, target, answer] of modules) {
      test(`find ${title}`, async (t) => {
        await open(t, module, workerMode);

        assert.equal(await answerOf(target), answer);
      });
    }
  });
}

async function open(t: TestContext, module: Class, workerMode: (typeof workerModes)[number]): Promise<void> {
  const options = {
    workerMode,
    maxWorkers: 1,
    serviceName: 'shop',
    logLevel: 'silent',
    signals: false,
  } as const;
  const runner = await bootstrap(module, options);
  t.after(() => runner.stop());
}
