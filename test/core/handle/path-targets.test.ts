import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ModuleOptions, route, toWireError, WorkerStartError } from '@micro-framework/core';
import { openHost } from '../support/host.js';
import { Probe } from '../support/probe.js';
import { faultsOf, moduleOf } from '../support/scan.js';

const providers = [{ provide: 'unit', useValue: 'kg' }];
const file = new URL('../fixtures/tasks.js', import.meta.url).href;

function moduleFor(...routes: NonNullable<ModuleOptions['routes']>): ReturnType<typeof moduleOf> {
  return moduleOf({ routes, providers });
}

describe('a target by path', () => {
  test('is imported by the worker side, not by the scan', async (t) => {
    const module = moduleFor(route('../fixtures/tasks.js#nightly', Probe(), { inject: ['unit'] }));
    assert.deepEqual(faultsOf(module), []);
    const before = globalThis.tasksImported;

    const { answer } = await openHost(t, module);

    assert.equal(before, undefined);
    assert.equal(globalThis.tasksImported, 1);
    assert.deepEqual(await answer('nightly', 'payload'), ['nightly', 'payload', 'kg']);
  });

  test('may be a method, whose class is made with what it injects', async (t) => {
    const { answer } = await openHost(t, moduleFor(route('../fixtures/tasks.js#Tasks.test', Probe())));

    assert.deepEqual(await answer('Tasks.test', 1), ['kg', 1, 'shop']);
  });

  test('may name an onFailure of the same class', async (t) => {
    const module = moduleFor(route('../fixtures/tasks.js#Tasks.test', Probe(), { onFailure: 'failed' }));
    const { send } = await openHost(t, module);

    const outcome = await send('Tasks.test', {
      member: 'onFailure',
      input: [1],
      error: toWireError(new Error('x')),
    });

    assert.deepEqual(outcome.kind === 'succeeded' && outcome.value, ['kg', 1, 'x']);
  });

  test('may be the default export', async (t) => {
    const module = moduleFor(route('../fixtures/tasks.js#default', Probe(), { name: 'main' }));
    const { answer } = await openHost(t, module);

    assert.equal(await answer('main'), 'the default export');
  });

  const faults: [path: string, message: RegExp | string][] = [
    ['../fixtures/tasks.js#nighty', `the target '${file}#nighty' does not exist: did you mean 'nightly'?`],
    [
      '../fixtures/tasks.js#absent',
      `the target '${file}#absent' does not exist: the file exports Tasks, default, nightly, notAFunction. Export it, or name another in the path.`,
    ],
    [
      '../fixtures/tasks.js#Tasks.tset',
      `the target '${file}#Tasks.tset' does not exist: Tasks has no method 'tset'. Did you mean 'test'?`,
    ],
    [
      '../fixtures/tasks.js#Tasks.absent',
      `the target '${file}#Tasks.absent' does not exist: Tasks has no method 'absent'.`,
    ],
    ['../fixtures/tasks.js#notAFunction', `the target '${file}#notAFunction' is not a function, but number.`],
    [
      '../fixtures/tasks.js#Tasks',
      `the target '${file}#Tasks' is a class. Name a method of it: '#Tasks.method'.`,
    ],
    [
      '../fixtures/tasks.js#nightly.run',
      `the target '${file}#nightly.run' does not exist: nightly has no method 'run'.`,
    ],
    [
      '../fixtures/gone.js#run',
      /^the target 'file:.*gone\.js#run' cannot be imported: Error.*Cannot find module/,
    ],
    ['../fixtures/broken-import.js#run', /cannot be imported: TypeError: this file cannot be imported$/],
  ];
  for (const [path, message] of faults) {
    test(`that does not work keeps the worker from starting: ${path}`, async (t) => {
      await assert.rejects(openHost(t, moduleFor(route(path, Probe(), { name: 'run' }))), (error: Error) => {
        assert.ok(error instanceof WorkerStartError);
        const place = `@Probe for '${path}', route 1 of TestModule (${fileURLToPath(import.meta.url)}): `;
        assert.ok(error.message.startsWith(place), error.message);
        const rest = error.message.slice(place.length);
        if (typeof message === 'string') assert.equal(rest, message);
        else assert.match(rest, message);
        return true;
      });
    });
  }

  test('that does not work is told together with the others', async (t) => {
    const names = ['gone', 'absent'];
    const routes = names.map((name) => route(`../fixtures/tasks.js#${name}`, Probe()));

    await assert.rejects(openHost(t, moduleFor(...routes)), (error: Error) => {
      assert.match(error.message, /^2 routes cannot be made ready:\n {2}1\. .*#gone'.*\n {2}2\. .*#absent'/);
      return true;
    });
  });
});
