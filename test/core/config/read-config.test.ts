import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import {
  bootstrap,
  ConfigError,
  defineSettings,
  Module,
  nearest,
  Service,
  Timer,
} from '@micro-framework/core';
import { readConfig } from '@micro-framework/core/internal';

declare module '@micro-framework/core' {
  interface Settings {
    readonly testToken?: string | undefined;
    readonly testPort?: number | undefined;
  }
}

defineSettings({
  testToken: {
    env: 'TEST_TOKEN',
    schema: (z) =>
      z
        .string()
        .min(8)
        .refine((value) => !value.startsWith('bad'), 'it starts with bad')
        .optional(),
    secret: true,
  },
  testPort: { env: 'TEST_PORT', schema: (z) => z.coerce.number().optional() },
});

@Service()
class Idle {
  @Timer(1_000_000)
  tick(): void {}
}

@Module({ services: [Idle] })
class IdleModule {}

describe('the configuration', () => {
  test('has defaults', async () => {
    assert.deepEqual((await readConfig({}, {})).toJSON(), {
      serviceName: 'service',
      workerMode: 'thread',
      maxWorkers: 3,
      tasksPerWorker: 1,
      maxTasksPerChild: undefined,
      taskTimeout: 300_000,
      taskGrace: 1_000,
      workerStartTimeout: 30_000,
      maxQueue: 1_000,
      shutdownTimeout: 25_000,
      logLevel: 'info',
      testToken: undefined,
      testPort: undefined,
    });
  });

  test('takes the environment over the defaults, and options over the environment', async () => {
    const environment = { SERVICE_NAME: 'shop', MAX_WORKERS: '5', WORKER_MODE: 'process', TEST_PORT: '80' };

    const config = await readConfig({ maxWorkers: 7 }, environment);

    assert.equal(config.serviceName, 'shop');
    assert.equal(config.workerMode, 'process');
    assert.equal(config.maxWorkers, 7);
    assert.equal(config.testPort, 80);
  });

  test('reads each setting from the variable its documentation names', async () => {
    const environment = {
      MAX_TASKS_PER_CHILD: '11',
      TASKS_PER_WORKER: '12',
      TASK_TIMEOUT: '13',
      TASK_GRACE: '14',
      WORKER_START_TIMEOUT: '15',
      MAX_QUEUE: '16',
      SHUTDOWN_TIMEOUT: '17',
      LOG_LEVEL: 'silent',
    };

    const { maxTasksPerChild, tasksPerWorker, taskTimeout, taskGrace, ...others } = await readConfig(
      {},
      environment,
    );

    assert.deepEqual([maxTasksPerChild, tasksPerWorker, taskTimeout, taskGrace], [11, 12, 13, 14]);
    assert.deepEqual([others.workerStartTimeout, others.maxQueue, others.shutdownTimeout], [15, 16, 17]);
    assert.equal(others.logLevel, 'silent');
  });

  test('takes an empty variable, and an option that is undefined, as not set', async () => {
    const config = await readConfig({ maxWorkers: undefined }, { MAX_WORKERS: '', SERVICE_NAME: '' });

    assert.equal(config.maxWorkers, 3);
    assert.equal(config.serviceName, 'service');
  });

  test('tells all faults at once, each with its place, its value and what to give', async () => {
    const options = { maxWorkers: 0, maxWorker: 2, colour: 'red', serviceName: 'my service' };

    const error = await faultsOf(options, { WORKER_MODE: 'Threads', TASK_TIMEOUT: 'soon' });

    assert.equal(error.code, 'BAD_CONFIG');
    assert.deepEqual(error.faults, [
      'option maxWorker is unknown: did you mean maxWorkers?',
      'option colour is unknown',
      "option serviceName: use 1 to 100 letters, digits, and _ . - (got 'my service')",
      'environment variable WORKER_MODE: give one of inline, thread, greedy_thread, process, greedy_process: ' +
        "did you mean thread? (got 'Threads')",
      'option maxWorkers: give a whole number from 1 to 1024 (got 0)',
      "environment variable TASK_TIMEOUT: give a whole number from 1 to 2147483647 (got 'soon')",
    ]);
    assert.match(
      error.message,
      /^the configuration cannot be used: 6 faults\n {2}1\. option maxWorker is unknown/,
    );
  });

  test('takes nothing for a number that only JavaScript would', async () => {
    for (const value of [true, [], null, Number.NaN, 1.5, -1, ' ', '1e3', '0x10', new Date(5)]) {
      const { faults } = await faultsOf({ maxWorkers: value }, {});

      assert.match(faults[0] ?? '', /^option maxWorkers: give a whole number from 1 to 1024 \(got /);
    }
  });

  test('says how to give a setting that is missing', async () => {
    defineSettings({ testUri: { env: 'TEST_URI', schema: (z) => z.string() } });

    const { faults } = await faultsOf({}, {});
    defineSettings({ testUri: { env: 'TEST_URI', schema: (z) => z.string().optional() } });

    assert.deepEqual(faults, ['testUri is missing: pass the option testUri, or set TEST_URI']);
  });

  test('shows a long value by its beginning', async () => {
    const [fault = ''] = (await faultsOf({ serviceName: '?'.repeat(5_000) }, {})).faults;

    assert.ok(fault.length < 250);
  });

  test('never shows a secret, neither in faults nor printed', async () => {
    const { message } = await faultsOf({}, { TEST_TOKEN: 'bad1' });
    const config = await readConfig({ testToken: 'very-secret' }, {});

    assert.match(message, /environment variable TEST_TOKEN: .*it starts with bad/);
    assert.doesNotMatch(message, /bad1/);
    assert.equal(config.testToken, 'very-secret');
    assert.doesNotMatch(JSON.stringify({ config }) + inspect({ config }) + String(config), /very-secret/);
    assert.match(inspect(config), /testToken: '\[redacted\]'/);
  });

  test('cannot be changed', async () => {
    const config = (await readConfig({}, {})) as { maxWorkers: number };

    assert.throws(() => {
      config.maxWorkers = 9;
    }, TypeError);
  });
});

describe('bootstrap', () => {
  test('rejects bad options before anything is started', async () => {
    const options = { workerMode: 'inline', maxWorkrs: 3 } as object;

    await assert.rejects(bootstrap(IdleModule, options), (error: ConfigError) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(error.faults, ['option maxWorkrs is unknown: did you mean maxWorkers?']);
      return true;
    });
  });

  test('does not take options with a url for import.meta', async () => {
    const options = { url: import.meta.url, workerMode: 'inline' } as object;

    await assert.rejects(bootstrap(IdleModule, options), /option url is unknown/);
  });
});

describe('a suggestion', () => {
  const cases: [word: string, candidates: string[], suggestion: string | undefined][] = [
    ['maxWorker', ['maxWorkers', 'maxQueue'], 'maxWorkers'],
    ['AMQP_URI', ['amqpUri'], 'amqpUri'],
    ['max-workers', ['maxWorkers'], 'maxWorkers'],
    ['shutdownTimout', ['shutdownTimeout', 'taskTimeout'], 'shutdownTimeout'],
    ['log_level', ['log1level', 'logLevel'], 'logLevel'],
    ['colour', ['maxWorkers', 'logLevel'], undefined],
    ['id', ['ab', 'xy'], undefined],
    ['x', ['y'], undefined],
    ['anything', [], undefined],
  ];
  for (const [word, candidates, suggestion] of cases) {
    test(`for ${word} among ${candidates.join(', ') || 'nothing'} is ${suggestion ?? 'none'}`, () => {
      assert.equal(nearest(word, candidates), suggestion);
    });
  }
});

async function faultsOf(options: object, environment: NodeJS.ProcessEnv): Promise<ConfigError> {
  try {
    await readConfig(options, environment);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error;
  }
  assert.fail('no fault was found');
}
