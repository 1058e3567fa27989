import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Inject, Logger, type ModuleOptions, route, type WorkerHookContext } from '@micro-framework/core';
import { hostOf, openHost } from '../support/host.js';
import { Probe } from '../support/probe.js';
import { moduleOf } from '../support/scan.js';

/** Hooks that leave a trace. */
function traced(name: string, trace: string[]): Pick<ModuleOptions, 'onWorkerStart' | 'onWorkerStop'> {
  const step = (what: string) => async () => {
    await new Promise((resolve) => setImmediate(resolve));
    trace.push(`${name} ${what}`);
  };
  return { onWorkerStart: step('starts'), onWorkerStop: step('stops') };
}

const probe = (name: string) => route(() => name, Probe(), { name });

describe('the hooks of a worker', () => {
  test('run before its first call and after its last, those of the modules above first and last', async (t) => {
    const trace: string[] = [];
    const leaf = moduleOf({ routes: [probe('leaf')], ...traced('leaf', trace) });
    const root = moduleOf({ routes: [probe('root')], imports: [leaf], ...traced('root', trace) });
    const { answer, host } = await openHost(t, root);

    trace.push(`called ${await answer('leaf')}`);
    await host.stop();

    assert.deepEqual(trace, ['root starts', 'leaf starts', 'called leaf', 'leaf stops', 'root stops']);
  });

  test('run in the workers of a context for its own modules and those above, not for those beside and below', async (t) => {
    const trace: string[] = [];
    const below = moduleOf({ routes: [probe('below')], workers: {}, ...traced('below', trace) });
    const shares = moduleOf({ routes: [probe('shares')], ...traced('shares', trace) });
    const own = moduleOf({ imports: [below, shares], workers: {}, ...traced('own', trace) });
    const beside = moduleOf({ routes: [probe('beside')], ...traced('beside', trace) });
    const root = moduleOf({ imports: [own, beside], ...traced('root', trace) });

    const { host } = await openHost(t, root, { context: 1 });
    await host.stop();

    assert.deepEqual(trace, [
      'root starts',
      'own starts',
      'shares starts',
      'shares stops',
      'own stops',
      'root stops',
    ]);
  });

  test('get config, log and the container, in which they may register what is injected', async (t) => {
    const seen: unknown[] = [];
    const onWorkerStart = ({ config, log, container }: WorkerHookContext): void => {
      seen.push(config.serviceName, typeof log.info, container.resolve('unit'));
      seen.push(typeof container.resolve<Logger>(Logger as never).info);
      container.registerInstance('late', 'registered by the hook');
    };
    class Repository {
      constructor(@Inject('late') readonly late: string) {}
    }
    const module = moduleOf({
      routes: [
        route((repository: Repository) => repository.late, Probe(), { name: 'run', inject: [Repository] }),
      ],
      providers: [{ provide: 'unit', useValue: 'kg' }, Logger],
      onWorkerStart,
    });
    const { answer } = await openHost(t, module);

    assert.equal(await answer('run'), 'registered by the hook');
    assert.deepEqual(seen, ['shop', 'function', 'kg', 'function']);
  });

  test('keep the worker from starting when they fail; what was started is stopped, the rest is not', async (t) => {
    const trace: string[] = [];
    const onWorkerStart = (): never => {
      throw new Error('no database');
    };
    const leaf = moduleOf({ routes: [probe('leaf')], ...traced('leaf', trace), onWorkerStart });
    const root = moduleOf({ imports: [leaf], ...traced('root', trace) });
    const host = await hostOf(root);
    t.after(() => host.stop());

    await assert.rejects(host.start(), /no database/);
    await host.stop();

    assert.deepEqual(trace, ['root starts', 'root stops']);
  });

  test('do not run after the last call when they did not run before the first', async () => {
    const trace: string[] = [];
    const module = moduleOf({ routes: [probe('run')], ...traced('root', trace) });
    const host = await hostOf(module);

    await host.stop();

    assert.deepEqual(trace, []);
  });

  test('all run at the end, whichever of them fail, and the failures are told', async () => {
    const trace: string[] = [];
    const onWorkerStop = (): never => {
      throw new Error('cannot close');
    };
    const leaf = moduleOf({ routes: [probe('leaf')], ...traced('leaf', trace), onWorkerStop });
    const root = moduleOf({ imports: [leaf], ...traced('root', trace) });
    const host = await hostOf(root);
    await host.start();

    await assert.rejects(host.stop(), /cannot close/);

    assert.deepEqual(trace, ['root starts', 'leaf starts', 'root stops']);
  });
});
