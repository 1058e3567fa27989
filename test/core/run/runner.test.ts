import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  AlreadyRunningError,
  annotate,
  bootstrap,
  type Class,
  type DependencyToken,
  defineDependency,
  type EntrypointContext,
  type EntrypointDecorator,
  type Extension,
  Inject,
  type ModuleOptions,
  type Runner,
  route,
  type SharedDefinition,
  WorkerStartError,
} from '@micro-framework/core';
import { dataModule } from '../support/data-module.js';
import { answerOf, call, contextOf, Probe, request } from '../support/probe.js';
import { moduleOf } from '../support/scan.js';

const options = { workerMode: 'inline', serviceName: 'shop', logLevel: 'silent', signals: false } as const;

/** What extensions do beside leaving a trace. */
type Steps = { readonly [step in 'setup' | 'start' | 'stop']?: (context: Context) => unknown };
type Context = Pick<EntrypointContext, 'fail' | 'shared'>;

function extension(name: string, trace: string[], steps: Steps, context: Context): Extension {
  const step = (what: 'setup' | 'start' | 'stop') => async () => {
    trace.push(`${name} ${what}`);
    await steps[what]?.(context);
  };
  return { setup: step('setup'), start: step('start'), stop: step('stop') };
}

function Traced(
  name: string,
  trace: string[],
  steps: Steps = {},
  shared?: SharedDefinition<Extension>,
): EntrypointDecorator {
  return annotate(
    {
      kind: 'Traced',
      create: (context) => {
        if (shared) context.shared(shared);
        return extension(name, trace, steps, context);
      },
      receive: () => ({ kind: 'filtered' }),
    },
    {},
  );
}

function tracedDependency(
  name: string,
  trace: string[],
  shared?: SharedDefinition<Extension>,
): DependencyToken {
  return defineDependency({
    name,
    main: (context) => {
      if (shared) context.shared(shared);
      return extension(name, trace, {}, context);
    },
    worker: () => ({ provide: () => name }),
  });
}

function tracedModule(trace: string[], steps: Steps = {}, more: ModuleOptions = {}): Class {
  const connection: SharedDefinition<Extension> = {
    name: 'connection',
    create: (context) => {
      trace.push('connection made');
      return extension('connection', trace, {}, context);
    },
  };
  const producer = tracedDependency('producer', trace, connection);
  return moduleOf({
    routes: [
      route(() => {}, Traced('first', trace, steps, connection), { name: 'first', inject: [producer] }),
      route(() => {}, Traced('second', trace), { name: 'second' }),
    ],
    ...more,
  });
}

describe('a runner', () => {
  test('sets up and starts from the inside out, and stops from the outside in', async () => {
    const trace: string[] = [];
    const hooks = {
      onWorkerStart: () => void trace.push('worker starts'),
      onWorkerStop: () => void trace.push('worker stops'),
    };

    const runner = await bootstrap(tracedModule(trace, {}, hooks), options);
    trace.push(runner.state);
    await runner.stop();
    trace.push(runner.state);

    assert.deepEqual(trace, [
      'connection made',
      ...['connection setup', 'producer setup', 'first setup', 'second setup'],
      'worker starts',
      ...['connection start', 'producer start', 'first start', 'second start'],
      'running',
      ...['second stop', 'first stop'],
      'worker stops',
      ...['producer stop', 'connection stop'],
      'stopped',
    ]);
  });

  test('shows its routes with their counts', async (t) => {
    const handler = (what: string): string => {
      if (what === 'fail') throw new Error('told to');
      return what;
    };
    const module = moduleOf({
      routes: [route(handler, Probe(), { backOff: { maxRetries: 1, interval: 0 } })],
    });
    const runner = await open(t, module);

    await call('handler', 'a');
    await call('handler', 'fail');
    await request('handler', { input: ['fail'], attempt: 2 });
    await request('handler', { input: 'filter me' });
    await request('handler', { input: 'malformed' });

    assert.deepEqual(
      runner.routes.map(({ id, target, entrypoint, counts }) => ({ id, target, entrypoint, ...counts })),
      [
        {
          id: '0/route/0',
          target: 'handler',
          entrypoint: 'Probe',
          succeeded: 1,
          filtered: 1,
          failed: 2,
          crashed: 0,
          timedOut: 0,
          rejected: 1,
          refused: 0,
          retried: 1,
          deadLettered: 2,
        },
      ],
    );
  });

  test('stops once, however often it is asked to', async () => {
    const trace: string[] = [];
    const runner = await bootstrap(tracedModule(trace), options);

    await Promise.all([runner.stop(), runner.stop(), runner.stop(1)]);
    await runner.stop();

    assert.equal(trace.filter((line) => line === 'first stop').length, 1);
    assert.equal(runner.state, 'stopped');
  });

  test('takes nothing new while it drains, and waits for what runs and for its settling', async () => {
    const order: string[] = [];
    const gate = latch();
    const handler = async (): Promise<void> => {
      await gate.opened;
      order.push('handled');
    };
    const runner = await bootstrap(moduleOf({ routes: [route(handler, Probe())] }), options);
    const { dispatch } = contextOf('handler');
    const running = dispatch({ input: [] }, async () => {
      await turn();
      order.push('settled');
    });

    const stopped = runner.stop().then(() => order.push('stopped'));
    const state = runner.state;
    const refused = await dispatch({ input: [] });
    gate.open();
    await stopped;

    assert.equal(state, 'draining');
    assert.deepEqual(refused, { kind: 'requeue', reason: 'stopping' });
    assert.equal((await running).kind, 'ack');
    assert.deepEqual(order, ['handled', 'settled', 'stopped']);
    assert.equal(runner.unfinished, 0);
  });

  test('calls onFailure for what fails while it drains', async () => {
    const gate = latch();
    const failures: string[] = [];
    const handler = async (): Promise<void> => {
      await gate.opened;
      throw new Error('out of stock');
    };
    const onFailure = async (error: Error): Promise<void> => {
      await turn();
      failures.push(error.message);
    };
    const runner = await bootstrap(moduleOf({ routes: [route(handler, Probe(), { onFailure })] }), options);
    const running = call('handler');

    const stopped = runner.stop();
    await turn(); // by then the workers have been told, too
    gate.open();
    await stopped;

    assert.equal((await running).kind, 'dead-letter');
    assert.deepEqual(failures, ['out of stock']);
    assert.equal(runner.unfinished, 0);
  });

  test('cuts off at its deadline what does not end, hands it back and counts it', async () => {
    const endless = (): Promise<void> => new Promise(() => {});
    const runner = await bootstrap(moduleOf({ routes: [route(endless, Probe())] }), options);
    const running = call('endless');

    await runner.stop(10);

    assert.deepEqual(await running, { kind: 'requeue', reason: 'stopping' });
    assert.equal(runner.unfinished, 1);
    assert.equal(runner.state, 'stopped');
  });

  test('counts a call once that was cut off and could not be handed back either', async () => {
    const endless = (): Promise<void> => new Promise(() => {});
    const handler = (): void => {};
    const routes = [route(endless, Probe()), route(handler, Probe())];
    const runner = await bootstrap(moduleOf({ routes }), options);
    for (const target of ['endless', 'handler'])
      void request(target, { input: [] }, () => new Promise(() => {}));
    await turn();

    await runner.stop(10);

    assert.equal(runner.unfinished, 2);
  });

  test('waits without an end when it is told to', async () => {
    const gate = latch();
    const handler = (): Promise<void> => gate.opened;
    const runner = await bootstrap(moduleOf({ routes: [route(handler, Probe())] }), options);
    const running = call('handler');

    const stopped = runner.stop(Number.POSITIVE_INFINITY);
    await new Promise((resolve) => setTimeout(resolve, 20));
    gate.open();
    await stopped;

    assert.equal((await running).kind, 'ack');
    assert.equal(runner.unfinished, 0);
  });

  test('stops the others when an extension cannot stop', async () => {
    const trace: string[] = [];
    const stop = (): never => {
      throw new Error('stuck');
    };
    const runner = await bootstrap(tracedModule(trace, { stop }), options);

    await runner.stop();

    assert.deepEqual(trace.slice(-3), ['first stop', 'producer stop', 'connection stop']);
    assert.equal(runner.state, 'stopped');
  });

  test('stops the others when onWorkerStop fails', async () => {
    const trace: string[] = [];
    const onWorkerStop = (): never => {
      throw new Error('stuck');
    };
    const runner = await bootstrap(tracedModule(trace, {}, { onWorkerStop }), options);

    await runner.stop();

    assert.deepEqual(trace.slice(-2), ['producer stop', 'connection stop']);
    assert.equal(runner.state, 'stopped');
  });
});

describe('a start that fails', () => {
  test('in a setup stops what was set up, half-way or whole, and tells the error', async () => {
    const trace: string[] = [];
    const boom = new Error('no broker');
    const setup = (): never => {
      throw boom;
    };

    await assert.rejects(bootstrap(tracedModule(trace, { setup }), options), boom);

    assert.deepEqual(trace, [
      'connection made',
      ...['connection setup', 'producer setup', 'first setup'],
      ...['first stop', 'producer stop', 'connection stop'],
    ]);
  });

  test('in a worker hook stops everything again', async () => {
    const trace: string[] = [];
    const onWorkerStart = (): never => {
      throw new Error('no database');
    };
    const onWorkerStop = (): void => void trace.push('worker stops');

    await assert.rejects(
      bootstrap(tracedModule(trace, {}, { onWorkerStart, onWorkerStop }), options),
      /no database/,
    );

    assert.deepEqual(trace.slice(5), ['second stop', 'first stop', 'producer stop', 'connection stop']);
  });

  test('in a start stops everything again', async () => {
    const trace: string[] = [];
    const start = (): never => {
      throw new Error('no start');
    };

    await assert.rejects(bootstrap(tracedModule(trace, { start }), options), /no start/);

    assert.deepEqual(trace.slice(-5), [
      'first start',
      'second stop',
      'first stop',
      'producer stop',
      'connection stop',
    ]);
  });

  test('by what an extension reports tells what it reported', async () => {
    const trace: string[] = [];
    const boom = new Error('connection lost');
    const setup = ({ fail }: Context): void => fail(boom);

    await assert.rejects(bootstrap(tracedModule(trace, { setup }), options), boom);

    assert.deepEqual(trace.slice(-3), ['first stop', 'producer stop', 'connection stop']);
    assert.ok(!trace.includes('second setup'));
  });

  test('leaves nothing behind: the module can be started again', async (t) => {
    const trace: string[] = [];
    let broken = true;
    const setup = (): void => {
      if (broken) throw new Error('no broker');
    };
    const module = tracedModule(trace, { setup });
    await assert.rejects(bootstrap(module, options), /no broker/);

    broken = false;
    const runner = await open(t, module);

    assert.equal(runner.state, 'running');
  });

  test('because nobody knows the file of the module leaves nothing behind either', async () => {
    const { module } = await dataModule();
    const start = (): Promise<Runner> => bootstrap(module, { ...options, workerMode: 'thread' });

    await assert.rejects(
      start(),
      /it is unknown which file declares DataModule, so workers cannot import it/,
    );
    await assert.rejects(start(), WorkerStartError);
  });
});

describe('bootstrap', () => {
  test('refuses a module that runs already, and takes it again once it is stopped', async (t) => {
    const module = moduleOf({ routes: [route(() => 1, Probe(), { name: 'run' })] });
    const first = await open(t, module);

    await assert.rejects(bootstrap(module, options), (error: Error) => {
      assert.ok(error instanceof AlreadyRunningError);
      assert.equal(error.code, 'ALREADY_RUNNING');
      assert.match(error.message, /^TestModule already runs in this process/);
      return true;
    });
    await first.stop();
    const second = await open(t, module);

    assert.equal(second.state, 'running');
    assert.equal(await answerOf('run'), 1);
  });

  test('runs two modules in one process, each on its own', async (t) => {
    const first = await open(t, moduleOf({ routes: [route(() => 'a', Probe(), { name: 'a' })] }));
    const second = await open(t, moduleOf({ routes: [route(() => 'b', Probe(), { name: 'b' })] }));

    await first.stop();

    assert.equal(await answerOf('b'), 'b');
    assert.deepEqual([first.state, second.state], ['stopped', 'running']);
  });

  test('takes import.meta of the file, and options after it', async (t) => {
    const module = moduleOf({ routes: [route(() => 1, Probe(), { name: 'run' })] });

    const runner = await bootstrap(module, import.meta, options);
    t.after(() => runner.stop());

    assert.equal(await answerOf('run'), 1);
  });

  test('rejects what is no module', async () => {
    await assert.rejects(bootstrap(undefined as unknown as Class, options), /undefined is not a module/);
  });
});

describe('an extension that cannot go on', () => {
  test('makes the runner stop as failed, with the reason', async () => {
    const trace: string[] = [];
    let fail: (error: Error) => void = () => {};
    const start = (context: Context): void => {
      fail = context.fail;
    };
    const runner = await bootstrap(tracedModule(trace, { start }), options);
    const boom = new Error('connection lost for good');

    fail(boom);
    fail(new Error('again'));
    await runner.stop();

    assert.equal(runner.state, 'failed');
    assert.equal(runner.failure, boom);
    assert.deepEqual(trace.slice(-4), ['second stop', 'first stop', 'producer stop', 'connection stop']);
  });

  test('is not heard once all is stopped', async () => {
    let fail: (error: Error) => void = () => {};
    const start = (context: Context): void => {
      fail = context.fail;
    };
    const runner = await bootstrap(tracedModule([], { start }), options);
    await runner.stop();

    fail(new Error('late'));

    assert.equal(runner.failure, undefined);
    assert.equal(runner.state, 'stopped');
  });
});

describe('a shared extension', () => {
  test('is told when it is asked for too late to be set up', async () => {
    const late: SharedDefinition<Extension> = { name: 'late connection', create: () => ({}) };
    const setup = (context: Context): unknown => context.shared(late);

    await assert.rejects(
      bootstrap(tracedModule([], { setup }), options),
      /late connection was asked for when shared extensions were set up already\. Ask in main\(\) or create\(\)\./,
    );
  });
});

describe('a question to the main side', () => {
  test('is answered by the main half, which sees the call; its errors come back with their code', async (t) => {
    const Stock = defineDependency<(article: string) => Promise<unknown>>({
      name: 'Stock',
      main: () => ({
        answer: async (article, of) => {
          if (article === 'gone') throw Object.assign(new Error('sold out'), { code: 'SOLD_OUT' });
          return [article, of?.route, of?.attempt];
        },
      }),
      worker: ({ ask }) => ({ provide: () => ask }),
    });
    class Shop {
      constructor(@Inject(Stock) readonly stock: (article: string) => Promise<unknown>) {}
    }
    const handler = (article: string, shop: Shop): Promise<unknown> => shop.stock(article);
    await open(t, moduleOf({ routes: [route(handler, Probe(), { inject: [Shop] })] }));

    assert.deepEqual(await answerOf('handler', 'a'), ['a', '0/route/0', 1]);
    const ending = await call('handler', 'gone');
    assert.equal(ending.kind === 'dead-letter' && ending.error.code, 'SOLD_OUT');
  });

  test('of a dependency without an answer is a bridge error', async (t) => {
    const Mute = defineDependency<() => Promise<unknown>>({
      name: 'Mute',
      main: () => ({}),
      worker: ({ ask }) => ({ provide: () => () => ask(1) }),
    });
    await open(
      t,
      moduleOf({
        routes: [route((mute: () => unknown) => mute(), Probe(), { name: 'run', inject: [Mute] })],
      }),
    );

    const ending = await call('run');

    assert.equal(ending.kind === 'dead-letter' && ending.error.code, 'BRIDGE_FAILED');
  });
});

async function open(t: { after(fn: () => Promise<void>): void }, module: Class): Promise<Runner> {
  const runner = await bootstrap(module, options);
  t.after(() => runner.stop());
  return runner;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

interface Latch {
  readonly opened: Promise<void>;
  open(): void;
}

function latch(): Latch {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
