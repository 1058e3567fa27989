import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  annotate,
  BackOffData,
  BadInputError,
  CallContext,
  type CallScope,
  type Class,
  Config,
  defineDependency,
  type EntrypointDecorator,
  type EntrypointDefinition,
  FrameworkError,
  Inject,
  type Interceptor,
  knownError,
  route,
  Service,
  Timer,
  type Translator,
  toWireError,
} from '@micro-framework/core';
import { envelope, openHost } from '../support/host.js';
import { Probe } from '../support/probe.js';
import { moduleOf } from '../support/scan.js';

@knownError('TEST_STOCK')
class StockError extends FrameworkError {}

describe('a call', () => {
  test('gets its context', async (t) => {
    @Service()
    class Tasks {
      @Probe()
      run(@Inject(CallContext) call: CallContext, @Inject(BackOffData) retry: BackOffData): unknown {
        return { ...call, ...retry, aborted: call.signal.aborted };
      }
    }
    const { send } = await openHost(t, moduleOf({ services: [Tasks] }));

    const outcome = await send('Tasks.run', {
      id: 'shop.Tasks.run.1',
      callIdStack: ['root', 'shop.Tasks.run.1'],
      messageId: 'message 1',
      headers: { tenant: 'a' },
      attempt: 3,
      lastRetry: 1_000,
      deadline: 2_000,
      principal: { user: 'ada' },
    });

    assert.deepEqual(outcome.kind === 'succeeded' && outcome.value, {
      id: 'shop.Tasks.run.1',
      callIdStack: ['root', 'shop.Tasks.run.1'],
      messageId: 'message 1',
      route: '0/0/run',
      headers: { tenant: 'a' },
      attempt: 3,
      retryCount: 2,
      lastRetry: new Date(1_000),
      deadline: new Date(2_000),
      principal: { user: 'ada' },
      aborted: false,
    });
  });

  test('of a function gets its arguments, then what it injects', async (t) => {
    const routes = [
      route(
        (...args: unknown[]) => args.map((arg) => (arg instanceof Config ? arg.serviceName : arg)),
        Probe(),
        {
          name: 'collect',
          inject: ['unit', Config],
        },
      ),
    ];
    const { answer } = await openHost(
      t,
      moduleOf({ routes, providers: [{ provide: 'unit', useValue: 'kg' }] }),
    );

    assert.deepEqual(await answer('collect', 1, 2), [1, 2, 'kg', 'shop']);
  });

  test('keeps its result to itself when its entrypoint returns none', async (t) => {
    @Service()
    class Tasks {
      @Timer(1_000_000)
      tick(): unknown {
        return () => 'cannot be cloned';
      }
    }
    const { send } = await openHost(t, moduleOf({ services: [Tasks] }));

    assert.deepEqual(await send('Tasks.tick', {}), { kind: 'succeeded', value: undefined, effects: [] });
  });

  test('hands keys such as __proto__ over as data', async (t) => {
    @Service()
    class Tasks {
      @Probe()
      run(payload: Record<string, unknown>): unknown {
        return [Object.keys(payload), Object.getPrototypeOf(payload) === Object.prototype];
      }
    }
    const { answer } = await openHost(t, moduleOf({ services: [Tasks] }));

    assert.deepEqual(await answer('Tasks.run', JSON.parse('{"__proto__": {"admin": true}}')), [
      ['__proto__'],
      true,
    ]);
  });

  test('of a route that is not there fails and says why', async (t) => {
    @Service()
    class Tasks {
      @Probe()
      run(): void {}
    }
    const { host } = await openHost(t, moduleOf({ services: [Tasks] }));

    const outcome = await host.run(envelope('0/9/gone', {}));

    assert.equal(outcome.kind, 'failed');
    assert.match(
      outcome.kind === 'failed' ? outcome.error.message : '',
      /no route 0\/9\/gone: it loaded another version/,
    );
  });
});

describe('a handler that throws', () => {
  const thrown: [title: string, value: unknown, message: RegExp][] = [
    ['an error', new TypeError('broken'), /^broken$/],
    ['a string', 'boom', /^'boom' was thrown/],
    ['undefined', undefined, /^undefined was thrown/],
    ['null', null, /^null was thrown/],
    ['an object', { status: 503 }, /^\{ status: 503 \} was thrown/],
    ['an error with a function in it', Object.assign(new Error('odd'), { callback: () => {} }), /^odd$/],
  ];
  for (const [title, value, message] of thrown) {
    for (const how of ['throws', 'rejects with']) {
      test(`${how} ${title} is a failed call`, async (t) => {
        const handler = (): unknown => {
          if (how === 'throws') throw value;
          return Promise.reject(value);
        };
        const { run } = await openHost(t, moduleOf({ routes: [route(handler, Probe())] }));

        const outcome = await run('handler');

        assert.equal(outcome.kind, 'failed');
        if (outcome.kind !== 'failed') return;
        assert.match(outcome.error.message, message);
        assert.equal(outcome.retryable, true);
        assert.deepEqual(structuredClone(outcome), outcome);
      });
    }
  }

  test('BadInputError is rejected, so that it is never retried', async (t) => {
    const handler = (): never => {
      throw new BadInputError('no such article');
    };
    const { run } = await openHost(t, moduleOf({ routes: [route(handler, Probe())] }));

    const outcome = await run('handler');

    assert.equal(outcome.kind === 'rejected' && outcome.error.code, 'BAD_INPUT');
  });
});

describe('the exceptions of a back-off', () => {
  class NetworkError extends Error {}
  class TimeoutError extends NetworkError {}
  const cases: [exceptions: Class<Error>[] | null | undefined, error: unknown, retryable: boolean][] = [
    [undefined, new Error('any'), true],
    [null, new Error('any'), true],
    [[NetworkError], new NetworkError('down'), true],
    [[NetworkError], new TimeoutError('late'), true],
    [[TimeoutError], new NetworkError('down'), false],
    [[TimeoutError, TypeError], new TypeError('bug'), true],
    [[NetworkError], new Error('other'), false],
    [[Error], 'no error at all', false],
    [[], new Error('any'), false],
  ];
  for (const [exceptions, error, retryable] of cases) {
    const names = exceptions?.map(({ name }) => name).join(', ');
    const named = error instanceof Error ? error.constructor.name : String(error);
    test(`${names ?? String(exceptions)} ${retryable ? 'cover' : 'do not cover'} ${named}`, async (t) => {
      const handler = (): never => {
        throw error;
      };
      const backOff = exceptions === undefined ? {} : { exceptions };
      const { run } = await openHost(t, moduleOf({ routes: [route(handler, Probe(), { backOff })] }));

      const outcome = await run('handler');

      assert.equal(outcome.kind === 'failed' && outcome.retryable, retryable);
    });
  }
});

describe('what comes in', () => {
  const handler = (): string => 'called';
  const module = moduleOf({ routes: [route(handler, Probe())] });

  test('may be filtered: the handler is not called', async (t) => {
    const { send } = await openHost(t, module);

    assert.deepEqual(await send('handler', { input: 'filter me' }), { kind: 'filtered' });
  });

  test('may be malformed: it is rejected', async (t) => {
    const { send } = await openHost(t, module);

    const outcome = await send('handler', { input: 'malformed' });

    assert.equal(outcome.kind === 'rejected' && outcome.error.message, 'the input is malformed');
  });

  test('may break the filter: the attempt has failed', async (t) => {
    const { send } = await openHost(t, module);

    const outcome = await send('handler', { input: 'broken filter' });

    assert.equal(outcome.kind === 'failed' && outcome.error.message, 'the filter is broken');
    assert.equal(outcome.kind === 'failed' && outcome.retryable, true);
  });
});

describe('translators', () => {
  class Times implements Translator {
    constructor(@Inject('factor') readonly factor: number) {}

    async translate(payload: number): Promise<number> {
      return payload * this.factor;
    }
  }
  const providers = [{ provide: 'factor', useValue: 3 }];

  test('turn the payload one after the other, and leave the other arguments', async (t) => {
    const handler = (...args: unknown[]): unknown => args;
    const plusOne = (payload: number): number => payload + 1;
    const routes = [
      route(handler, Probe(), { translators: [plusOne, Times, async (payload: number) => `${payload} kg`] }),
    ];
    const { answer } = await openHost(t, moduleOf({ routes, providers }));

    assert.deepEqual(await answer('handler', 2, 'rest'), ['9 kg', 'rest']);
  });

  test('see the call', async (t) => {
    const seen: unknown[] = [];
    const translator = (payload: unknown, { target, context }: CallScope): unknown => {
      seen.push([target, context.attempt]);
      return payload;
    };
    const { answer } = await openHost(
      t,
      moduleOf({ routes: [route((x) => x, Probe(), { name: 'same', translators: [translator] })] }),
    );

    await answer('same', 1);

    assert.deepEqual(seen, [['same', 1]]);
  });

  test('reject a message with BadInputError, and fail the attempt with any other error', async (t) => {
    const refuse = (payload: unknown): never => {
      throw payload === 'bad' ? new BadInputError('cannot be read') : new TypeError('a bug');
    };
    const { run } = await openHost(
      t,
      moduleOf({ routes: [route((x) => x, Probe(), { name: 'same', translators: [refuse] })] }),
    );

    assert.equal((await run('same', 'bad')).kind, 'rejected');
    assert.equal((await run('same', 'good')).kind, 'failed');
  });

  test('work for onFailure, too', async (t) => {
    const options = {
      translators: [(payload: number) => payload + 1],
      onFailure: (...args: unknown[]) => args[0],
    };
    const { send } = await openHost(
      t,
      moduleOf({ routes: [route(() => {}, Probe(), { name: 'run', ...options })] }),
    );

    const outcome = await send('run', {
      member: 'onFailure',
      input: [1],
      error: toWireError(new Error('x')),
    });

    assert.equal(outcome.kind === 'succeeded' && outcome.value, 2);
  });
});

describe('interceptors', () => {
  const traced = (name: string, trace: string[]): Interceptor['intercept'] => {
    return async (_call, next) => {
      trace.push(`${name} before`);
      const value = await next();
      trace.push(`${name} after`);
      return `${name}(${value})`;
    };
  };

  test('stand around the handler, the first outermost, and may change its result', async (t) => {
    const trace: string[] = [];
    class Injected implements Interceptor {
      constructor(@Inject('name') readonly name: string) {}

      intercept(call: CallScope, next: () => Promise<unknown>): Promise<unknown> {
        return traced(this.name, trace)(call, next);
      }
    }
    const handler = (): string => {
      trace.push('handler');
      return 'done';
    };
    const routes = [
      route(handler, Probe(), { interceptors: [traced('a', trace), Injected, traced('c', trace)] }),
    ];
    const { answer } = await openHost(
      t,
      moduleOf({ routes, providers: [{ provide: 'name', useValue: 'b' }] }),
    );

    assert.equal(await answer('handler'), 'a(b(c(done)))');
    assert.deepEqual(trace, ['a before', 'b before', 'c before', 'handler', 'c after', 'b after', 'a after']);
  });

  test('may answer without calling the handler', async (t) => {
    let called = 0;
    const handler = (): void => {
      called += 1;
    };
    const { answer } = await openHost(
      t,
      moduleOf({ routes: [route(handler, Probe(), { interceptors: [async () => 'cached'] })] }),
    );

    assert.equal(await answer('handler'), 'cached');
    assert.equal(called, 0);
  });

  test('see the call with its translated arguments', async (t) => {
    const seen: unknown[] = [];
    const look: Interceptor['intercept'] = ({ target, args, context, active }, next) => {
      seen.push({ target, args, attempt: context.attempt, active });
      return next();
    };
    const options = { interceptors: [look], translators: [(payload: number) => payload * 2] };
    const { answer } = await openHost(
      t,
      moduleOf({ routes: [route(() => {}, Probe(), { name: 'run', ...options })] }),
    );

    await answer('run', 4, 'x');

    assert.deepEqual(seen, [{ target: 'run', args: [8, 'x'], attempt: 1, active: true }]);
  });

  test('may turn an error into a result, and throw errors of their own', async (t) => {
    const handler = (what: string): never => {
      throw new TypeError(what);
    };
    const rescue: Interceptor['intercept'] = async (_call, next) => {
      try {
        return await next();
      } catch (error) {
        if ((error as Error).message === 'mild') return 'rescued';
        throw new StockError('wrapped', { cause: error });
      }
    };
    const { answer, run } = await openHost(
      t,
      moduleOf({ routes: [route(handler, Probe(), { interceptors: [rescue] })] }),
    );

    assert.equal(await answer('handler', 'mild'), 'rescued');
    const outcome = await run('handler', 'wild');
    assert.equal(outcome.kind === 'failed' && outcome.error.code, 'TEST_STOCK');
    assert.equal(outcome.kind === 'failed' && outcome.error.cause?.message, 'wild');
  });

  test('that throw at once are a failed call', async (t) => {
    const broken = ((): never => {
      throw new TypeError('broken interceptor');
    }) as Interceptor['intercept'];
    const { run } = await openHost(
      t,
      moduleOf({ routes: [route(() => {}, Probe(), { name: 'run', interceptors: [broken] })] }),
    );

    const outcome = await run('run');

    assert.equal(outcome.kind === 'failed' && outcome.error.message, 'broken interceptor');
  });

  test('do not stand around onFailure', async (t) => {
    let intercepted = 0;
    const count: Interceptor['intercept'] = (_call, next) => {
      intercepted += 1;
      return next();
    };
    const options = { interceptors: [count], onFailure: () => 'called back' };
    const { send } = await openHost(
      t,
      moduleOf({ routes: [route(() => {}, Probe(), { name: 'run', ...options })] }),
    );

    const outcome = await send('run', { member: 'onFailure', error: toWireError(new Error('x')) });

    assert.equal(outcome.kind === 'succeeded' && outcome.value, 'called back');
    assert.equal(intercepted, 0);
  });
});

describe('onFailure', () => {
  @Service()
  class Tasks {
    @Probe({ onFailure: 'failed' })
    run(): void {}

    failed(
      payload: unknown,
      second: unknown,
      error: Error & { article?: string; code?: string },
      @Inject(CallContext) call: CallContext,
    ): unknown {
      return {
        self: this instanceof Tasks,
        payload,
        second,
        known: error instanceof StockError,
        isError: error instanceof Error,
        name: error.name,
        message: error.message,
        code: error.code,
        article: error.article,
        attempt: call.attempt,
      };
    }
  }

  test('gets the arguments, the error with its class and fields, and what it injects', async (t) => {
    const { send } = await openHost(t, moduleOf({ services: [Tasks] }));
    const error = structuredClone(toWireError(Object.assign(new StockError('sold out'), { article: '7' })));

    const outcome = await send('Tasks.run', { member: 'onFailure', input: [1, 2], error, attempt: 3 });

    assert.deepEqual(outcome.kind === 'succeeded' && outcome.value, {
      self: true,
      payload: 1,
      second: 2,
      known: true,
      isError: true,
      name: 'StockError',
      message: 'sold out',
      code: 'TEST_STOCK',
      article: '7',
      attempt: 3,
    });
  });

  test('gets the payload as it came where a translator throws', async (t) => {
    const translators = [
      (payload: unknown) => [payload],
      () => {
        throw new Error('no rate today');
      },
    ];
    const onFailure = (...args: unknown[]): unknown => args[0];
    const { send } = await openHost(
      t,
      moduleOf({ routes: [route(() => {}, Probe({ translators, onFailure }), { name: 'run' })] }),
    );

    const outcome = await send('run', {
      member: 'onFailure',
      input: ['payload'],
      error: toWireError(new Error('x')),
    });

    assert.equal(outcome.kind === 'succeeded' && outcome.value, 'payload');
  });

  test('is called also where the entrypoint would not take the input any more', async (t) => {
    const definition: EntrypointDefinition = {
      kind: 'Picky',
      returns: true,
      create: () => ({}),
      receive: () => {
        throw new TypeError('the filter is broken');
      },
      receiveFailed: (input) => [input],
    };
    const onFailure = (input: unknown, { message }: Error): unknown => [input, message];
    const { send } = await openHost(
      t,
      moduleOf({ routes: [route(() => {}, annotate(definition, { onFailure }), { name: 'run' })] }),
    );

    const outcome = await send('run', {
      member: 'onFailure',
      input: 'input',
      error: toWireError(new TypeError('the filter is broken')),
    });

    assert.deepEqual(outcome.kind === 'succeeded' && outcome.value, ['input', 'the filter is broken']);
  });

  test('gets an Error also for what was none', async (t) => {
    const { send } = await openHost(t, moduleOf({ services: [Tasks] }));

    const outcome = await send('Tasks.run', {
      member: 'onFailure',
      input: [1, 2],
      error: toWireError('boom'),
    });

    const value =
      outcome.kind === 'succeeded' ? (outcome.value as { isError: boolean; message: string }) : undefined;
    assert.equal(value?.isError, true);
    assert.match(value.message, /^'boom' was thrown/);
  });
});

describe('the signal of a call', () => {
  test('is aborted with the reason, when it was taken before', async (t) => {
    let taken: AbortSignal | undefined;
    const handler = (call: CallContext): Promise<unknown> => {
      taken = call.signal;
      return new Promise((_, reject) =>
        call.signal.addEventListener('abort', () => reject(call.signal.reason)),
      );
    };
    const { host, send } = await openHost(
      t,
      moduleOf({ routes: [route(handler, Probe(), { inject: [CallContext] })] }),
    );
    const work = send('handler', { id: 'call-1' });
    await turn();

    host.abort('call-1', { name: 'TaskTimedOutError', code: 'TASK_TIMED_OUT', message: 'too long' });

    const outcome = await work;
    assert.equal(outcome.kind === 'failed' && outcome.error.code, 'TASK_TIMED_OUT');
    assert.equal(taken?.aborted, true);
  });

  test('is aborted as part of the call: what its listeners ask is asked for it', async (t) => {
    const asker = defineDependency<() => Promise<unknown>>({
      name: 'Asker',
      worker: ({ ask }) => ({ provide: () => () => ask('who') }),
    });
    const asked: unknown[] = [];
    const handler = async (call: CallContext, askMain: () => Promise<unknown>): Promise<unknown> =>
      new Promise((resolve) => call.signal.addEventListener('abort', () => resolve(askMain())));
    const { host, send } = await openHost(
      t,
      moduleOf({ routes: [route(handler, Probe(), { inject: [CallContext, asker] })] }),
      { ask: async (_dependency, _request, callId) => asked.push(callId) },
    );
    const work = send('handler', { id: 'call-1' });
    await turn();

    host.abort('call-1', { name: 'TaskTimedOutError', code: 'TASK_TIMED_OUT', message: 'too long' });
    await work;

    assert.deepEqual(asked, ['call-1']);
  });

  test('is aborted already, when it is taken after', async (t) => {
    let goOn = (): void => {};
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const handler = async (call: CallContext): Promise<unknown> => {
      await gate;
      return [call.signal.aborted, (call.signal.reason as Error).message];
    };
    const { host, send } = await openHost(
      t,
      moduleOf({ routes: [route(handler, Probe(), { inject: [CallContext] })] }),
    );
    const work = send('handler', { id: 'call-1' });
    await turn();

    host.abort('call-1', { name: 'Error', message: 'too long' });
    goOn();

    const outcome = await work;
    assert.deepEqual(outcome.kind === 'succeeded' && outcome.value, [true, 'too long']);
  });

  test('of a call that is over is left alone', async (t) => {
    let taken: AbortSignal | undefined;
    const handler = (call: CallContext): void => {
      taken = call.signal;
    };
    const { host, send } = await openHost(
      t,
      moduleOf({ routes: [route(handler, Probe(), { inject: [CallContext] })] }),
    );
    await send('handler', { id: 'call-1' });

    host.abort('call-1', { name: 'Error', message: 'too late' });

    assert.equal(taken?.aborted, false);
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('a result that its entrypoint encodes', () => {
  const Encoded = (): EntrypointDecorator =>
    annotate(
      {
        kind: 'Encoded',
        returns: true,
        create: () => ({}),
        receive: (input) => ({ kind: 'call', args: [input] }),
        encode: (value, input) => `${JSON.stringify(input)} -> ${JSON.stringify(value)}`,
      },
      {},
    );

  @Service()
  class Tasks {
    @Encoded()
    echo(value: unknown): unknown {
      return value === 'big' ? 1n : value;
    }
  }

  test('leaves the worker in that form', async (t) => {
    const { send } = await openHost(t, moduleOf({ services: [Tasks] }));

    const outcome = await send('Tasks.echo', { input: 'a' });

    assert.deepEqual(outcome, { kind: 'succeeded', value: '"a" -> "a"', effects: [] });
  });

  test('has failed where it cannot be encoded', async (t) => {
    const { send } = await openHost(t, moduleOf({ services: [Tasks] }));

    const outcome = await send('Tasks.echo', { input: 'big' });

    assert.equal(outcome.kind === 'failed' && outcome.error.name, 'TypeError');
  });
});
