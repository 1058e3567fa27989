import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import {
  annotate,
  type Class,
  type EntrypointDecorator,
  type EntrypointDefinition,
  Module,
  type ModuleOptions,
  route,
  ScanError,
  Service,
  Timer,
} from '@micro-framework/core';
import { scan } from '@micro-framework/core/internal';
import { Probe, ProbeOfOne } from '../support/probe.js';
import { faultsOf, moduleOf } from '../support/scan.js';

const here = `(${fileURLToPath(import.meta.url)})`;
const undefinedClass = undefined as unknown as Class;
const circular =
  'its file and the one that lists it import each other, so it is not evaluated yet. Move what both need into a third file.';

@Service()
class Clock {
  @Timer(1_000)
  tick(): void {}
}

@Module({ services: [Clock] })
class ClockModule {}

describe('a module', () => {
  test('with nothing to run is a fault that says what to add', () => {
    assert.deepEqual(faultsOf(moduleOf({})), [
      `TestModule ${here} has no routes: list classes with @Service() in @Module({ services: [...] }) and annotate ` +
        'their methods, for example with @Timer(1_000).',
    ]);
  });

  test('must be decorated', () => {
    class Plain {}

    assert.deepEqual(faultsOf(Plain), [
      'Plain is not a module: put @Module({ services: [...] }) above the class.',
    ]);
    assert.deepEqual(faultsOf(undefinedClass), [
      'undefined is not a module: put @Module({ services: [...] }) above the class.',
    ]);
  });

  test('must import modules', () => {
    assert.deepEqual(faultsOf(moduleOf({ services: [Clock], imports: [Clock] })), [
      `Clock, an import of TestModule ${here}, is not a module: put @Module({ ... }) above the class.`,
    ]);
  });

  test('whose import is undefined is told of its circle of files', () => {
    assert.deepEqual(faultsOf(moduleOf({ services: [Clock], imports: [undefinedClass] })), [
      `an import of TestModule ${here} is undefined: ${circular}`,
    ]);
  });

  test('that imports itself by way of others is told of the whole circle', () => {
    const imports: Class[] = [];
    class Orders {}
    class Stock {}
    Module({ imports: [Stock], services: [Clock] })(Orders);
    Module({ imports })(Stock);
    imports.push(Orders);

    assert.deepEqual(faultsOf(Orders), [
      `the modules import each other in a circle: Orders ${here} -> Stock ${here} -> Orders. Move what they share into ` +
        'a module both import.',
    ]);
  });

  test('that two modules import is read once', () => {
    const [left, right] = [moduleOf({ imports: [ClockModule] }), moduleOf({ imports: [ClockModule] })];

    const table = scan(moduleOf({ imports: [left, right] }));

    assert.equal(table.routes.length, 1);
  });

  test('must give its workers possible numbers', () => {
    const workers = {
      mode: 'threads',
      max: 0,
      tasksPerWorker: 1.5,
      maxTasksPerChild: -1,
      taskTimeout: 2 ** 31,
      maxx: 1,
    };

    const where = `the workers of TestModule ${here}`;
    assert.deepEqual(faultsOf(moduleOf({ services: [Clock], workers: workers as object })), [
      `${where}: maxx is unknown: did you mean max?`,
      `${where}: mode is 'threads': give one of inline, thread, greedy_thread, process, greedy_process; did you mean thread?`,
      `${where}: max is 0: give a whole number from 1 to 1024.`,
      `${where}: tasksPerWorker is 1.5: give a whole number from 1 to 10000.`,
      `${where}: maxTasksPerChild is -1: give a whole number from 1 on.`,
      `${where}: taskTimeout is 2147483648: give a whole number from 1 to 2147483647.`,
    ]);
  });
});

describe('a module whose workers', () => {
  const where = `the workers of TestModule ${here}`;
  const faultsOfWorkers = (workers: unknown): readonly string[] =>
    faultsOf(moduleOf({ services: [Clock], workers: workers as object }));

  test('have limits that do not exist is told of them', () => {
    const resourceLimits = { maxOldGenerationMb: 5, maxYoungGenerationSizeMb: '5', stackSizeMb: -1 };

    assert.deepEqual(faultsOfWorkers({ resourceLimits }), [
      `${where}: resourceLimits: maxOldGenerationMb is unknown: did you mean maxOldGenerationSizeMb?`,
      `${where}: resourceLimits: maxYoungGenerationSizeMb is '5': give a number from 1 on.`,
      `${where}: resourceLimits: stackSizeMb is -1: give a number from 0 on.`,
    ]);
    assert.deepEqual(
      faultsOfWorkers({ resourceLimits: { maxOldGenerationSizeMb: 64, stackSizeMb: 0.5 } }),
      [],
    );
  });

  test('or their limits are no objects is told so', () => {
    assert.deepEqual(faultsOfWorkers('process'), [
      `${where}: 'process' is no object. Give one such as { mode: 'process' }.`,
    ]);
    assert.deepEqual(faultsOfWorkers({ resourceLimits: 64 }), [
      `${where}: resourceLimits: 64 is no object. Give one such as { maxOldGenerationSizeMb: 256 }.`,
    ]);
  });
});

describe('what should be a list and is none', () => {
  const mend = 'give a list, [...].';

  test('is told of a module, with all other faults', () => {
    function handle(): void {}
    const options = {
      services: Clock,
      routes: route(handle, Probe()),
      imports: ClockModule,
      providers: 5,
      onWorkerStart: true,
    };

    const where = `@Module on TestModule ${here}`;
    const faults = faultsOf(moduleOf(options as object));

    assert.deepEqual(
      faults.map((fault) => fault.replace(/routes is .*:/s, 'routes is ...:')),
      [
        `${where}: services is [class Clock]: ${mend}`,
        `${where}: routes is ...: ${mend}`,
        `${where}: imports is [class ClockModule]: ${mend}`,
        `${where}: providers is 5: ${mend}`,
        `${where}: onWorkerStart is true: give a function.`,
      ],
    );
  });

  test('is told of an entrypoint and of a route', () => {
    class Timed {
      intercept(): void {}
    }
    const around = { interceptors: Timed, translators: 'trim', backOff: { exceptions: TypeError } };
    function handle(): void {}
    @Service()
    class Tasks {
      @Probe(around as object)
      run(): void {}
    }

    const routes = [route(handle, Probe(), { inject: Clock, backOff: true } as object)];
    const method = `@Probe on Tasks.run ${here}`;
    const called = `@Probe for handle, route 1 of TestModule ${here}`;
    assert.deepEqual(faultsOf(moduleOf({ services: [Tasks], routes })), [
      `${method}: backOff: exceptions is [Function: TypeError]: ${mend}`,
      `${method}: interceptors is [class Timed]: ${mend}`,
      `${method}: translators is 'trim': ${mend}`,
      `${called}: inject is [class Clock]: ${mend}`,
      `${called}: backOff is true: give an object such as { maxRetries: 5, interval: 10_000 }.`,
    ]);
  });
});

describe('options that do not exist', () => {
  const faultsOfMethod = (decorator: EntrypointDecorator): readonly string[] => {
    @Service()
    class Tasks {
      @decorator
      run(): void {}
    }
    return faultsOf(moduleOf({ services: [Tasks] }));
  };

  test('of a timer are told', () => {
    assert.deepEqual(faultsOfMethod(Timer(1_000, { eagerr: true, backoff: {} } as object)), [
      `@Timer on Tasks.run ${here}: eagerr is unknown: did you mean eager?`,
      `@Timer on Tasks.run ${here}: backoff is unknown: did you mean backOff?`,
    ]);
  });

  test('of an entrypoint that does not name its options are its own affair', () => {
    const open: EntrypointDefinition = {
      kind: 'Open',
      create: () => ({}),
      receive: () => ({ kind: 'filtered' }),
    };

    assert.deepEqual(faultsOfMethod(annotate(open, { folder: '.' } as object)), []);
  });

  test('of a route to a function are told', () => {
    function handle(): void {}
    const routes = [route(handle, Probe({ fault: [] } as object), { injects: [] } as object)];

    const where = `@Probe for handle, route 1 of TestModule ${here}`;
    assert.deepEqual(faultsOf(moduleOf({ routes })), [
      `${where}: fault is unknown: did you mean faults?`,
      `${where}: injects is unknown: did you mean inject?`,
    ]);
  });

  test('of a module are told', () => {
    const options = { services: [Clock], provider: [], onWorkrStart: () => {} };

    assert.deepEqual(faultsOf(moduleOf(options as object)), [
      `@Module on TestModule ${here}: provider is unknown: did you mean providers?`,
      `@Module on TestModule ${here}: onWorkrStart is unknown: did you mean onWorkerStart?`,
    ]);
  });

  test('of a service are told', () => {
    @Service({ nmae: 'tasks' } as object)
    class Misspelt {
      @Probe()
      run(): void {}
    }
    @Service({ name: '' })
    class Nameless extends Misspelt {}

    assert.deepEqual(faultsOf(moduleOf({ services: [Misspelt, Nameless] })), [
      `@Service on Misspelt ${here}: nmae is unknown: did you mean name?`,
      `@Service on Nameless ${here}: name is '': write what the class is called in queue and call names.`,
    ]);
  });

  for (const interval of ['10s', null, true]) {
    test(`are intervals of another type, too: ${interval}`, () => {
      const shown = typeof interval === 'string' ? `'${interval}'` : interval;

      assert.deepEqual(faultsOfMethod(Probe({ backOff: { interval: interval as never } })), [
        `@Probe on Tasks.run ${here}: backOff: interval is ${shown}: give milliseconds, a schedule such as ` +
          "{ type: 'linear', initial: 1_000 }, or a function.",
      ]);
    });
  }
});

describe('a service', () => {
  test('must have @Service()', () => {
    class Forgotten {
      @Timer(1_000)
      tick(): void {}
    }
    class Plain {}

    assert.deepEqual(faultsOf(moduleOf({ services: [Forgotten, Plain] })), [
      `Forgotten, a service of TestModule ${here}, has no decorator: put @Service() above the class.`,
      `Plain, a service of TestModule ${here}, has no decorator: put @Service() above the class and annotate its methods.`,
    ]);
  });

  test('must have it itself, not only its base', () => {
    class Sub extends Clock {}

    assert.deepEqual(faultsOf(moduleOf({ services: [Sub] })), [
      `Sub, a service of TestModule ${here}, has no decorator: put @Service() above the class.`,
    ]);
  });

  test('must be a class that is there', () => {
    const services = [undefinedClass, 'Clock' as unknown as Class];

    assert.deepEqual(faultsOf(moduleOf({ services })), [
      `a service of TestModule ${here} is undefined: ${circular}`,
      `a service of TestModule ${here} is Clock, which is not a class.`,
    ]);
  });

  test('must have an annotated method', () => {
    @Service()
    class Idle {
      run(): void {}
    }

    assert.deepEqual(faultsOf(moduleOf({ services: [Idle] })), [
      `Idle ${here} has no annotated method: add one, for example @Timer(1_000), or list it as a provider.`,
    ]);
  });

  test('must be listed once', () => {
    const twice = moduleOf({ services: [Clock, Clock] });
    const elsewhere = moduleOf({ services: [Clock], imports: [ClockModule] });

    assert.deepEqual(faultsOf(twice), [
      `Clock, a service of TestModule ${here}, is listed twice. List it once.`,
    ]);
    assert.deepEqual(faultsOf(elsewhere), [
      `Clock, a service of ClockModule ${here}, is listed here and in TestModule ${here}. List it once.`,
    ]);
  });
});

describe('an entrypoint', () => {
  test('cannot stand on a static method, an accessor or a property', () => {
    @Service()
    class Odd {
      @Probe()
      static shared(): void {}

      @Probe()
      get now(): () => void {
        return () => {};
      }

      late = (): void => {};
    }
    (Probe() as unknown as PropertyDecorator)(Odd.prototype, 'late');

    const mend = 'Routes are methods of instances: move it to one.';
    assert.deepEqual(
      [...faultsOf(moduleOf({ services: [Odd] }))].sort(),
      [
        `@Probe on Odd.late ${here}: it stands on an accessor or a property. ${mend}`,
        `@Probe on Odd.now ${here}: it stands on an accessor or a property. ${mend}`,
        `@Probe on Odd.shared ${here}: it stands on a static method. ${mend}`,
      ].sort(),
    );
  });

  test('is told what it finds wrong with its own options', () => {
    @Service()
    class Broken {
      @Probe({ faults: ['the folder is missing.', 'the pattern is empty.'] })
      watch(): void {}
    }

    assert.deepEqual(faultsOf(moduleOf({ services: [Broken] })), [
      `@Probe on Broken.watch ${here}: the folder is missing.`,
      `@Probe on Broken.watch ${here}: the pattern is empty.`,
    ]);
  });

  test('must be given possible back-offs and timeouts', () => {
    class NoInterceptor {}
    const options = {
      taskTimeout: 0,
      backOff: {
        maxRetries: -1,
        maxRetry: 3,
        interval: { type: 'exponentail', initial: Number.NaN, factor: 0, jitter: 2 },
        exceptions: [undefined, 'TypeError'],
      },
      interceptors: [NoInterceptor, undefined, {}],
      translators: ['trim'],
    };
    @Service()
    class Broken {
      @Probe(options as object)
      handle(): void {}
    }

    const where = `@Probe on Broken.handle ${here}`;
    assert.deepEqual(faultsOf(moduleOf({ services: [Broken] })), [
      `${where}: backOff: maxRetry is unknown: did you mean maxRetries?`,
      `${where}: backOff: maxRetries is -1: give a whole number from 0 on.`,
      `${where}: backOff: interval: type is 'exponentail': give one of constant, linear, exponential; did you mean exponential?`,
      `${where}: backOff: interval: initial is NaN: give a number from 0 to 2147483647.`,
      `${where}: backOff: interval: factor is 0: give a number from 1 to 2147483647.`,
      `${where}: backOff: interval: jitter is 2: give a number from 0 to 1.`,
      `${where}: backOff: exceptions[0] is undefined: ${circular}`,
      `${where}: backOff: exceptions[1] is 'TypeError': give a class of errors.`,
      `${where}: taskTimeout is 0: give a whole number from 1 to 2147483647.`,
      `${where}: interceptors[0] is [class NoInterceptor]: it has no method intercept.`,
      `${where}: interceptors[1] is undefined: ${circular}`,
      `${where}: interceptors[2] is {}: give a function, or a class with a method intercept.`,
      `${where}: translators[0] is 'trim': give a function, or a class with a method translate.`,
    ]);
  });

  test('takes every back-off that is possible', () => {
    @Service()
    class Fine {
      @Probe({ backOff: { maxRetries: Number.POSITIVE_INFINITY, interval: 0, exceptions: null } })
      @Probe({ backOff: { interval: () => 1, exceptions: [TypeError] }, taskTimeout: 1 })
      @Probe({
        backOff: { interval: { type: 'linear', initial: 0, max: Number.POSITIVE_INFINITY, jitter: 1 } },
      })
      @Probe({ interceptors: [(_call, next) => next()], translators: [(payload) => payload] })
      handle(): void {}
    }

    assert.deepEqual(faultsOf(moduleOf({ services: [Fine] })), []);
  });

  test('tells a handler that wants more than it gets', () => {
    @Service()
    class Greedy {
      @ProbeOfOne()
      handle(_one: unknown, _two: unknown): void {}

      @ProbeOfOne()
      fine(_one: unknown, _two = 2): void {}

      @Probe()
      any(_one: unknown, _two: unknown, _three: unknown): void {}
    }

    assert.deepEqual(faultsOf(moduleOf({ services: [Greedy] })), [
      `@ProbeOfOne on Greedy.handle ${here}: it takes 2 parameters and would get 1. Put @Inject(Token) before the ` +
        'others, or give them defaults.',
    ]);
  });

  test('tells an onFailure that wants more than the arguments and the error', () => {
    @Service()
    class Greedy {
      @ProbeOfOne({ onFailure: 'failed' })
      handle(_one: unknown): void {}

      failed(_one: unknown, _error: Error, _third: unknown): void {}
    }

    assert.deepEqual(faultsOf(moduleOf({ services: [Greedy] })), [
      `onFailure of Greedy.handle, failed ${here}: it takes 3 parameters and would get 2. Put @Inject(Token) before ` +
        'the others, or give them defaults.',
    ]);
  });
});

describe('an onFailure', () => {
  test('that is no method is told, with a suggestion', () => {
    @Service()
    class Tasks {
      @Probe({ onFailure: 'testFailed' })
      test(): void {}

      testFailure(): void {}

      @Probe({ onFailure: 'cleanUp' })
      other(): void {}

      @Probe({ onFailure: 'constructor' })
      third(): void {}
    }

    assert.deepEqual(faultsOf(moduleOf({ services: [Tasks] })), [
      `@Probe on Tasks.test ${here}: onFailure 'testFailed' is no method of Tasks: did you mean 'testFailure'?`,
      `@Probe on Tasks.other ${here}: onFailure 'cleanUp' is no method of Tasks. Name a method, give a function, or a ` +
        "path such as './file.js#function'.",
      `@Probe on Tasks.third ${here}: onFailure 'constructor' is no method of Tasks. Name a method, give a function, or ` +
        "a path such as './file.js#function'.",
    ]);
  });

  test('that is neither a name nor a function is told', () => {
    @Service()
    class Tasks {
      @Probe({ onFailure: 5 as never })
      run(): void {}
    }

    assert.deepEqual(faultsOf(moduleOf({ services: [Tasks] })), [
      `@Probe on Tasks.run ${here}: onFailure is 5. Name a method, give a function, or a path such as ` +
        "'./file.js#function'.",
    ]);
  });

  test('of a function cannot be the name of a method', () => {
    function handle(): void {}

    assert.deepEqual(faultsOf(moduleOf({ routes: [route(handle, Probe(), { onFailure: 'failed' })] })), [
      `@Probe for handle, route 1 of TestModule ${here}: onFailure 'failed' names a method, but the route calls a ` +
        "function, which has none. Give a function, or a path such as './file.js#function'.",
    ]);
  });
});

describe('a route to a function', () => {
  const faultsOfRoute = (...routes: NonNullable<ModuleOptions['routes']>): readonly string[] =>
    faultsOf(moduleOf({ routes }));
  const where = (name: string): string => `@Probe for ${name}, route 1 of TestModule ${here}`;

  test('must have one that is there', () => {
    assert.deepEqual(faultsOfRoute(route(undefined as unknown as () => void, Probe())), [
      `the target of route 1 of TestModule ${here} is undefined: ${circular}`,
    ]);
  });

  test('must be made of what route() takes', () => {
    const routes = [
      undefined,
      Clock,
      route(5 as never, Probe()),
      route(() => {}, Timer as never),
      route('./tasks.js#run', undefined as never, { inject: [undefined as never] }),
    ];

    const place = (index: number): string => `route ${index} of TestModule ${here}`;
    assert.deepEqual(faultsOfRoute(...(routes as never[])), [
      `${place(1)} is undefined: ${circular}`,
      `${place(2)} is [class Clock]: make it with route(target, entrypoint).`,
      `the target of ${place(3)} is 5: give a function, or a path such as './file.js#function'.`,
      `the entrypoint of ${place(4)} is [Function: Timer]: call its decorator, for example Timer(1_000).`,
      `the entrypoint of ${place(5)} is undefined: call its decorator, for example Timer(1_000).`,
    ]);
    assert.deepEqual(faultsOfRoute(route('./tasks.js#run', Probe(), { inject: [undefined as never] })), [
      `${where("'./tasks.js#run'")}: inject[0] is undefined: ${circular}`,
    ]);
  });

  test('must have a name', () => {
    assert.deepEqual(faultsOfRoute(route(() => {}, Probe())), [
      `${where('an anonymous function')}: the function has no name. Give one: route(target, entrypoint, { name: '...' }).`,
    ]);
    assert.deepEqual(faultsOfRoute(route(() => {}, Probe(), { name: 'nightly' })), []);
  });

  test('cannot be one to a class', () => {
    assert.deepEqual(faultsOfRoute(route(Clock as unknown as () => void, Probe())), [
      `${where('Clock')}: a class cannot be called. List it in services and annotate its methods.`,
    ]);
  });

  test('must give it all it takes', () => {
    function handle(_one: unknown, _two: unknown): void {}

    assert.deepEqual(faultsOfRoute(route(handle, ProbeOfOne())), [
      `@ProbeOfOne for handle, route 1 of TestModule ${here}: it takes 2 parameters and would get 1. List what to ` +
        'inject: route(target, entrypoint, { inject: [Token] }).',
    ]);
  });

  test('checks its options and those of its entrypoint', () => {
    function handle(): void {}

    assert.deepEqual(faultsOfRoute(route(handle, Probe({ faults: ['no.'] }), { taskTimeout: -1 })), [
      `${where('handle')}: no.`,
      `${where('handle')}: taskTimeout is -1: give a whole number from 1 to 2147483647.`,
    ]);
  });
});

describe('a route by path', () => {
  const where = (path: string): string => `@Probe for '${path}', route 1 of TestModule ${here}`;

  for (const path of [
    'tasks.test',
    './tasks.js',
    './tasks.js#',
    '#test',
    './a.js#b#c',
    './a.js#A.b.c',
    './a.js#a-b',
  ]) {
    test(`cannot be '${path}'`, () => {
      assert.deepEqual(faultsOf(moduleOf({ routes: [route(path, Probe())] })), [
        `${where(path)}: '${path}' is no target. Write './file.js#function' or './file.js#Class.method'.`,
      ]);
    });
  }

  test('cannot be relative to a file that is unknown', () => {
    const data = moduleOf({ routes: [route('./tasks.js#test', Probe())], url: 'data:text/javascript,1' });

    assert.deepEqual(faultsOf(data), [
      "@Probe for './tasks.js#test', route 1 of TestModule (data:text/javascript,1): './tasks.js#test' is relative to " +
        'data:text/javascript,1. Give an absolute path.',
    ]);
  });

  test('cannot be a package by its name', () => {
    assert.deepEqual(faultsOf(moduleOf({ routes: [route('some-package/tasks#run', Probe())] })), [
      `${where('some-package/tasks#run')}: 'some-package/tasks#run' names a package. ` +
        `Write route(\`\${import.meta.resolve('some-package/tasks')}#run\`, ...) instead.`,
    ]);
  });

  test('to a method injects by its decorators only', () => {
    const routes = [route('./tasks.js#Tasks.test', Probe(), { inject: [Clock] })];

    assert.deepEqual(faultsOf(moduleOf({ routes })), [
      `${where('./tasks.js#Tasks.test')}: inject is for functions. Put @Inject(Token) on the parameters of the method.`,
    ]);
  });

  test('may have an onFailure by path, which is checked as well', () => {
    function handle(): void {}
    const routes = [route(handle, Probe(), { onFailure: './tasks.js#' })];

    assert.deepEqual(faultsOf(moduleOf({ routes })), [
      `${where('x').replace("'x'", 'handle')}: './tasks.js#' is no target. Write './file.js#function' or ` +
        "'./file.js#Class.method'.",
    ]);
  });
});

describe('a timer', () => {
  const cases: [schedule: number | string, options: object, fault: string][] = [
    [
      0,
      {},
      'the interval 0 is impossible: give whole milliseconds from 1 to 2147483647, or a cron schedule.',
    ],
    [-5, {}, 'the interval -5 is impossible'],
    [1.5, {}, 'the interval 1.5 is impossible'],
    [Number.NaN, {}, 'the interval NaN is impossible'],
    [2 ** 31, {}, 'the interval 2147483648 is impossible'],
    [undefined as never, {}, 'the interval undefined is impossible'],
    [new Date(0) as never, {}, 'the interval 1970-01-01T00:00:00.000Z is impossible'],
    ['', {}, "the schedule '' is impossible: write five fields, or six with seconds first."],
    ['* * *', {}, "the schedule '* * *' is impossible: write five fields, or six with seconds first."],
    ['5000', {}, "the schedule '5000' is no cron schedule: did you mean the number 5000, in milliseconds?"],
    ['61 * * * *', {}, "the schedule '61 * * * *' is impossible: Invalid value for minute: 61"],
    ['0 0 31 2 *', {}, "the schedule '0 0 31 2 *' never fires."],
    [
      '* * * * *',
      { timezone: 'Europe/Berln' },
      "there is no time zone 'Europe/Berln': give a name such as 'Europe/Berlin' or 'UTC'.",
    ],
    [1_000, { timezone: 'UTC' }, 'a timezone is for cron schedules; an interval is the same everywhere.'],
    [1_000, { overlap: 'sometimes' }, "overlap is 'sometimes': give skip, queue or allow."],
  ];
  for (const [schedule, options, fault] of cases) {
    test(`cannot be @Timer(${JSON.stringify(schedule)}, ${JSON.stringify(options)})`, () => {
      @Service()
      class Clocks {
        @Timer(schedule, options)
        tick(): void {}
      }

      const faults = faultsOf(moduleOf({ services: [Clocks] }));

      assert.equal(faults.length, 1, faults.join('\n'));
      assert.ok(faults[0]?.startsWith(`@Timer on Clocks.tick ${here}: ${fault}`), faults[0]);
    });
  }

  test('can be an interval, or a cron schedule of five or six fields with a time zone', () => {
    @Service()
    class Clocks {
      @Timer(1)
      @Timer(2 ** 31 - 1, { eager: true, overlap: 'queue' })
      @Timer('*/5 * * * *')
      @Timer('*/10 * * * * *', { timezone: 'Europe/Berlin', overlap: 'allow' })
      @Timer('0 3 * * MON', { timezone: 'UTC' })
      tick(): void {}
    }

    assert.deepEqual(faultsOf(moduleOf({ services: [Clocks] })), []);
  });
});

describe('the scan', () => {
  test('tells all faults of all modules at once', () => {
    @Service()
    class Tasks {
      @Timer(0)
      @Probe({ onFailure: 'nothing' })
      run(): void {}
    }
    class Plain {}
    const inner = moduleOf({ services: [Tasks, Plain] });
    const outer = moduleOf({ imports: [inner, undefinedClass], routes: [route('nowhere', Probe())] });

    const faults = faultsOf(outer);

    assert.equal(faults.length, 5, faults.join('\n'));
    assert.throws(
      () => scan(outer),
      (error: ScanError) => {
        assert.ok(error instanceof ScanError);
        assert.match(error.message, /^the services cannot be started: 5 faults\n {2}1\. /);
        for (const fault of error.faults) assert.ok(error.message.includes(fault));
        // Printed once, with the message.
        assert.equal(inspect(error).split('Plain, a service').length, 2);
        return true;
      },
    );
  });

  test('tells a fault once, however many routes have it', () => {
    class Plain {}

    const faults = faultsOf(moduleOf({ services: [Plain, Plain] }));

    assert.equal(faults.filter((fault) => fault.includes('has no decorator')).length, 1);
  });
});
