import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import {
  BridgeError,
  bootstrap,
  CallContext,
  Config,
  type DependencyDefinition,
  type DependencyToken,
  DependencyUnknownError,
  defineDependency,
  type ModuleOptions,
  openDependency,
  type Runner,
  Service,
  type SharedDefinition,
} from '@micro-framework/core';
import { Probe } from '../support/probe.js';
import { moduleOf } from '../support/scan.js';

const options = { workerMode: 'inline', serviceName: 'shop', logLevel: 'silent', signals: false } as const;

interface Stock {
  count(article: string): Promise<unknown>;
}

/** A dependency that leaves a trace, with a main half that shares something. */
function stock(trace: string[], own: Partial<DependencyDefinition<Stock>> = {}): DependencyToken<Stock> {
  const line: SharedDefinition<{ setup(): void; stop(): void }> = {
    name: 'line',
    create: () => ({ setup: () => void trace.push('line up'), stop: () => void trace.push('line down') }),
  };
  return defineDependency<Stock>({
    name: 'Stock',
    main: (context) => {
      context.shared(line);
      return {
        setup: () => void trace.push('main up'),
        answer: async (article, call) => {
          if (article === 'gone') throw new BridgeError('sold out');
          return [article, context.config.serviceName, call];
        },
        stop: () => void trace.push('main down'),
      };
    },
    worker: ({ ask, currentCall }) => {
      trace.push('value made');
      assert.equal(currentCall(), undefined);
      return { provide: () => ({ count: ask }), stop: () => void trace.push('value stopped') };
    },
    ...own,
  });
}

describe('a running service gives code outside of its handlers', () => {
  test('a dependency whose main half answers it directly, made once, stopped before that', async (t) => {
    const trace: string[] = [];
    const Stock = stock(trace);
    const runner = await started(t, { providers: [Stock] });
    trace.length = 0;

    const first = await runner.get(Stock).count('pen');
    const second = await runner.get(Stock).count('ink');
    await assert.rejects(runner.get(Stock).count('gone'), BridgeError);
    await runner.stop();

    assert.deepEqual(first, ['pen', 'shop', undefined]);
    assert.deepEqual(second, ['ink', 'shop', undefined]);
    // The worker has, and stops, one of its own.
    assert.deepEqual(trace, ['value made', 'value stopped', 'value stopped', 'main down', 'line down']);
  });

  test('whose value never stops, without holding up the stop', async (t) => {
    const trace: string[] = [];
    const Stuck = stock(trace, {
      worker: () => ({ provide: () => ({ count: async () => 1 }), stop: () => new Promise(() => {}) }),
    });
    const runner = await started(t, { providers: [Stuck] });
    runner.get(Stuck);

    const from = performance.now();
    await runner.stop(100);

    // Two seconds, and as long in the worker before; the main half and what it shares still have their time.
    assert.ok(performance.now() - from < 7_000, 'the stop took too long');
    assert.equal(runner.state, 'stopped');
    assert.deepEqual(trace.slice(-2), ['main down', 'line down']);
  });

  test('what has no main half, such as the settings', async (t) => {
    const runner = await started(t, {});

    assert.equal(runner.get(Config).serviceName, 'shop');
  });

  test('nothing that was not set up, that belongs to a call, or that is no dependency: one clear error', async (t) => {
    const runner = await started(t, {});
    class Prices {}

    const refused: [token: unknown, message: RegExp][] = [
      [stock([]), /nothing was set up for Stock.*providers: \[Stock\]/],
      [CallContext, /CallContext belongs to a call/],
      [Prices, /Prices is no dependency/],
    ];
    for (const [token, message] of refused) {
      assert.throws(
        () => runner.get(token as never),
        (error) => error instanceof DependencyUnknownError && message.test(error.message),
      );
    }
  });
});

describe('a dependency without a service', () => {
  test('is set up with all that it shares, and closed in reverse, once', async () => {
    const trace: string[] = [];

    const { value, close } = await openDependency(stock(trace), {
      serviceName: 'script',
      logLevel: 'silent',
    });
    const answer = await value.count('pen');
    await Promise.all([close(), close()]);

    assert.deepEqual(answer, ['pen', 'script', undefined]);
    assert.deepEqual(trace, ['line up', 'main up', 'value made', 'value stopped', 'main down', 'line down']);
  });

  test('is closed in time also when its value never stops', async () => {
    const trace: string[] = [];
    const stuck = stock(trace, {
      worker: () => ({ provide: () => ({ count: async () => 1 }), stop: () => new Promise(() => {}) }),
    });
    const { close } = await openDependency(stuck, { serviceName: 'script', logLevel: 'silent' });

    await close(100);

    assert.deepEqual(trace.slice(-2), ['main down', 'line down']);
  });

  test('that cannot be set up leaves nothing open, and says why', async () => {
    const trace: string[] = [];
    const broken = stock(trace, {
      main: (context) => {
        context.shared({ name: 'line', create: () => ({ stop: () => void trace.push('line down') }) });
        return { setup: () => Promise.reject(new Error('no line')) };
      },
    });

    await assert.rejects(openDependency(broken, { logLevel: 'silent' }), /no line/);
    await assert.rejects(openDependency(CallContext, { logLevel: 'silent' }), DependencyUnknownError);
    await assert.rejects(
      openDependency(stock([]), { servicename: 'x' } as never),
      /did you mean serviceName/,
    );

    assert.deepEqual(trace, ['line down']);
  });
});

@Service()
class Clock {
  @Probe()
  tell(): void {}
}

async function started(t: TestContext, module: ModuleOptions): Promise<Runner> {
  const runner = await bootstrap(moduleOf({ ...module, services: [Clock] }), options);
  t.after(() => runner.stop());
  return runner;
}
