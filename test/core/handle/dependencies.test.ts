import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Class,
  type DependencyToken,
  type DependencyWorker,
  defineDependency,
  Inject,
  type Interceptor,
  route,
  Service,
} from '@micro-framework/core';
import { openHost } from '../support/host.js';
import { Probe } from '../support/probe.js';
import { moduleOf } from '../support/scan.js';

/** A dependency whose hooks leave a trace, and fail where told. */
function traced(name: string, trace: string[], failing: readonly string[] = []): DependencyToken<string> {
  const step = async (what: string): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    trace.push(`${name} ${what}`);
    if (failing.includes(what)) throw new Error(`${name} failed ${what}`);
  };
  return defineDependency({
    name,
    worker: () => ({
      provide: () => name,
      before: () => step('before'),
      after: (_call, end) => step(`after ${end.kind}`),
      stop: () => step('stop'),
    }),
  });
}

describe('the hooks of a dependency', () => {
  test('run around each call of a route that uses it, in order and back', async (t) => {
    const trace: string[] = [];
    const [first, second] = [traced('first', trace), traced('second', trace)];
    @Service()
    class Tasks {
      constructor(@Inject(first) readonly one: string) {}

      @Probe()
      run(@Inject(second) two: string): string {
        trace.push(`run with ${this.one} and ${two}`);
        return 'done';
      }
    }
    const { answer } = await openHost(t, moduleOf({ services: [Tasks] }));

    assert.equal(await answer('Tasks.run'), 'done');
    assert.deepEqual(trace, [
      'first before',
      'second before',
      'run with first and second',
      'second after succeeded',
      'first after succeeded',
    ]);
  });

  test('do not run for routes that do not use it', async (t) => {
    const trace: string[] = [];
    const dependency = traced('used', trace);
    @Service()
    class Tasks {
      @Probe()
      uses(@Inject(dependency) _value: string): void {}

      @Probe()
      other(): void {}
    }
    const { answer } = await openHost(t, moduleOf({ services: [Tasks] }));

    await answer('Tasks.other');

    assert.deepEqual(trace, []);
  });

  const ways: [title: string, make: (token: DependencyToken<string>) => Parameters<typeof moduleOf>[0]][] = [
    [
      'a property',
      (token) => ({ services: [serviceWith((Tasks) => Inject(token)(Tasks.prototype, 'value'))] }),
    ],
    [
      'a class that the service injects',
      (token) => {
        class Repository {}
        Inject(token)(Repository.prototype, 'value');
        return { services: [serviceWith((Tasks) => Inject(Repository)(Tasks.prototype, 'repository'))] };
      },
    ],
    [
      'a provided class behind a name',
      (token) => {
        class Repository {}
        Inject(token)(Repository.prototype, 'value');
        return {
          services: [serviceWith((Tasks) => Inject('repository')(Tasks.prototype, 'repository'))],
          providers: [{ provide: 'repository', useClass: Repository }],
        };
      },
    ],
    [
      'an interceptor',
      (token) => {
        class Pass implements Interceptor {
          intercept(_call: unknown, next: () => Promise<unknown>): Promise<unknown> {
            return next();
          }
        }
        Inject(token)(Pass.prototype, 'value');
        return { routes: [route(() => {}, Probe(), { name: 'Tasks.run', interceptors: [Pass] })] };
      },
    ],
    [
      'a function route',
      (token) => ({ routes: [route(() => {}, Probe(), { name: 'Tasks.run', inject: [token] })] }),
    ],
  ];
  for (const [title, make] of ways) {
    test(`run when it is used by ${title}`, async (t) => {
      const trace: string[] = [];
      const { answer } = await openHost(t, moduleOf(make(traced('used', trace))));

      await answer('Tasks.run');

      assert.deepEqual(trace, ['used before', 'used after succeeded']);
    });
  }

  test('after a failed call know that it failed, and the call keeps its error', async (t) => {
    const trace: string[] = [];
    const routes = [
      route(() => Promise.reject(new Error('broken')), Probe(), {
        name: 'run',
        inject: [traced('a', trace)],
      }),
    ];
    const { run } = await openHost(t, moduleOf({ routes }));

    const outcome = await run('run');

    assert.equal(outcome.kind === 'failed' && outcome.error.message, 'broken');
    assert.deepEqual(trace, ['a before', 'a after failed']);
  });

  test('that fail before the call fail it; what was entered is left again, the handler is not called', async (t) => {
    const trace: string[] = [];
    const inject = [traced('a', trace), traced('b', trace, ['before']), traced('c', trace)];
    const handler = (): void => {
      trace.push('handler');
    };
    const { run } = await openHost(t, moduleOf({ routes: [route(handler, Probe(), { inject })] }));

    const outcome = await run('handler');

    assert.equal(outcome.kind === 'failed' && outcome.error.message, 'b failed before');
    assert.deepEqual(trace, ['a before', 'b before', 'a after failed']);
  });

  test('that fail after a success fail the call, and those outside of them know', async (t) => {
    const trace: string[] = [];
    const inject = [traced('a', trace), traced('b', trace, ['after succeeded'])];
    const { run } = await openHost(
      t,
      moduleOf({ routes: [route(() => {}, Probe(), { name: 'run', inject })] }),
    );

    const outcome = await run('run');

    assert.equal(outcome.kind === 'failed' && outcome.error.message, 'b failed after succeeded');
    assert.deepEqual(trace, ['a before', 'b before', 'b after succeeded', 'a after failed']);
  });

  test('that fail after a failure do not hide its error', async (t) => {
    const trace: string[] = [];
    const inject = [traced('a', trace, ['after failed'])];
    const handler = (): never => {
      throw new Error('the first');
    };
    const { run } = await openHost(t, moduleOf({ routes: [route(handler, Probe(), { inject })] }));

    const outcome = await run('handler');

    assert.equal(outcome.kind === 'failed' && outcome.error.message, 'the first');
  });

  test('run once when the worker stops', async (t) => {
    const trace: string[] = [];
    const module = moduleOf({
      routes: [route(() => {}, Probe(), { name: 'run', inject: [traced('a', trace)] })],
    });
    const { host } = await openHost(t, module);

    await host.stop();
    await host.stop();

    assert.deepEqual(trace, ['a stop']);
  });
});

describe('the worker half of a dependency', () => {
  test('is made once a worker, with config and log', async (t) => {
    const made: unknown[] = [];
    const Counter = defineDependency<number>({
      name: 'Counter',
      worker: ({ config, log }) => {
        made.push([config.serviceName, typeof log.info]);
        return { provide: () => made.length };
      },
    });
    @Service()
    class Tasks {
      constructor(@Inject(Counter) readonly own: number) {}

      @Probe()
      run(@Inject(Counter) again: number): unknown {
        return [this.own, again];
      }
    }
    const { answer } = await openHost(t, moduleOf({ services: [Tasks] }));

    assert.deepEqual(await answer('Tasks.run'), [1, 1]);
    assert.deepEqual(made, [['shop', 'function']]);
  });

  test('gives each call a value of its own where its scope is the call', async (t) => {
    const Id = defineDependency<string>({
      name: 'Id',
      scope: 'call',
      worker: () => ({ provide: (call) => `${call?.target} ${call?.context.attempt}` }),
    });
    const { send } = await openHost(
      t,
      moduleOf({ routes: [route((id: string) => id, Probe(), { name: 'same', inject: [Id] })] }),
    );

    const values = await Promise.all([send('same', { attempt: 1 }), send('same', { attempt: 2 })]);

    assert.deepEqual(
      values.map((outcome) => outcome.kind === 'succeeded' && outcome.value),
      ['same 1', 'same 2'],
    );
  });

  for (const scope of ['worker', 'call'] as const) {
    test(`asks its main half on behalf of the running call, across awaits (scope ${scope})`, async (t) => {
      const asked: unknown[] = [];
      const Stock = defineDependency<() => Promise<unknown>>({
        name: 'Stock',
        scope,
        main: () => ({ answer: async () => 1 }),
        worker: ({ ask, currentCall }) => ({
          provide: () => async () => [await ask('how many?'), currentCall()?.target],
        }),
      });
      const handler = async (stock: () => Promise<unknown>): Promise<unknown> => {
        await new Promise((resolve) => setImmediate(resolve));
        return stock();
      };
      const ask = async (...question: unknown[]): Promise<unknown> => {
        asked.push(question);
        return 7;
      };
      const { send } = await openHost(
        t,
        moduleOf({ routes: [route(handler, Probe(), { inject: [Stock] })] }),
        { ask },
      );

      const outcome = await send('handler', { id: 'call-1' });

      assert.deepEqual(outcome.kind === 'succeeded' && outcome.value, [7, 'handler']);
      assert.deepEqual(asked, [['Stock', 'how many?', 'call-1']]);
    });
  }
});

describe('effects', () => {
  interface Outbox {
    emit(effect: unknown): void;
  }
  const Outbox = defineDependency<Outbox>({
    name: 'Outbox',
    worker: ({ currentCall }): DependencyWorker<Outbox> => ({
      provide: () => ({ emit: (effect) => currentCall()?.emit('Outbox', effect) }),
    }),
  });
  const open = (t: Parameters<typeof openHost>[0], handler: (outbox: Outbox) => unknown) =>
    openHost(t, moduleOf({ routes: [route(handler, Probe(), { name: 'run', inject: [Outbox] })] }));

  test('come with the success of a call, in their order', async (t) => {
    const { run } = await open(t, (outbox) => {
      outbox.emit(1);
      outbox.emit({ two: 2 });
    });

    const outcome = await run('run');

    assert.deepEqual(outcome, {
      kind: 'succeeded',
      value: undefined,
      effects: [
        { dependency: 'Outbox', effect: 1 },
        { dependency: 'Outbox', effect: { two: 2 } },
      ],
    });
  });

  test('are dropped when the call fails', async (t) => {
    const { run } = await open(t, (outbox) => {
      outbox.emit(1);
      throw new Error('broken');
    });

    const outcome = await run('run');

    assert.equal(outcome.kind, 'failed');
    assert.equal('effects' in outcome, false);
  });

  test('do not mix between calls that run at once', async (t) => {
    let number = 0;
    const { run } = await open(t, async (outbox) => {
      const own = ++number;
      outbox.emit(own);
      await new Promise((resolve) => setImmediate(resolve));
      outbox.emit(own);
    });

    const outcomes = await Promise.all([run('run'), run('run'), run('run')]);

    assert.deepEqual(
      outcomes.map((outcome) => outcome.kind === 'succeeded' && outcome.effects.map(({ effect }) => effect)),
      [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
    );
  });

  test('of a call that is over are refused, and say why', async (t) => {
    // What runs in the background keeps its call, so the emit below belongs to it.
    let background: Promise<unknown> = Promise.resolve();
    const { answer } = await open(t, (outbox) => {
      background = new Promise((resolve) => setImmediate(resolve)).then(() => outbox.emit('late'));
      background.catch(() => {});
    });

    await answer('run');

    await assert.rejects(
      background,
      /run: call shop\.\S+ has ended, so nothing it emits would be carried out/,
    );
  });

  test('are bounded, so that an endless loop fails before memory does', async (t) => {
    const { run } = await open(t, (outbox) => {
      for (;;) outbox.emit(1);
    });

    const outcome = await run('run');

    assert.equal(outcome.kind === 'failed' && outcome.error.code, 'BRIDGE_FAILED');
    assert.match(outcome.kind === 'failed' ? outcome.error.message : '', /at the most\. Split the work/);
  });
});

/** A service with one probe, `Tasks.run`. */
function serviceWith(annotate: (service: Class) => void): Class {
  @Service()
  class Tasks {
    @Probe()
    run(): void {}
  }
  annotate(Tasks);
  return Tasks;
}
