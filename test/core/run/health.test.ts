import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  annotate,
  bootstrap,
  type EntrypointDecorator,
  type HealthReport,
  type HealthStatus,
  healthOfSome,
  Service,
  type SharedDefinition,
  worstHealth,
} from '@micro-framework/core';
import { moduleOf } from '../support/scan.js';

const options = { workerMode: 'inline', logLevel: 'silent', signals: false } as const;

interface Patient {
  status: HealthStatus;
}

/** An entrypoint with a connection, both as well as their patients. */
function Checked(connection: Patient, entrypoint: Patient): EntrypointDecorator {
  const report = ({ status }: Patient): HealthReport => ({ status, details: { since: 1 } });
  const shared: SharedDefinition<{ health(): HealthReport }> = {
    name: 'connection',
    create: () => ({ health: () => report(connection) }),
  };
  return annotate(
    {
      kind: 'Checked',
      create: (context) => {
        context.shared(shared);
        return { health: () => report(entrypoint) };
      },
      receive: () => ({ kind: 'filtered' }),
    },
    {},
  );
}

describe('a runner', () => {
  test('tells how its extensions and workers are, and is as well as the worst of them', async (t) => {
    const connection: Patient = { status: 'up' };
    const entrypoint: Patient = { status: 'up' };
    @Service()
    class Orders {
      @Checked(connection, entrypoint)
      price(): void {}
    }
    const runner = await bootstrap(moduleOf({ services: [Orders] }), options);
    t.after(() => runner.stop());

    assert.deepEqual(runner.health(), {
      status: 'up',
      state: 'running',
      parts: [
        { name: 'connection', status: 'up', details: { since: 1 } },
        { name: 'Checked of Orders.price', status: 'up', details: { since: 1 } },
        { name: 'workers of TestModule', status: 'up', details: { mode: 'inline', running: 0 } },
      ],
    });

    entrypoint.status = 'degraded';
    assert.equal(runner.health().status, 'degraded');
    connection.status = 'down';
    assert.equal(runner.health().status, 'down');
  });

  test('that has stopped is down, however well its parts are', async () => {
    const well: Patient = { status: 'up' };
    @Service()
    class Orders {
      @Checked(well, well)
      price(): void {}
    }
    const runner = await bootstrap(moduleOf({ services: [Orders] }), options);

    await runner.stop();

    assert.equal(runner.health().status, 'down');
    assert.equal(runner.health().state, 'stopped');
  });
});

test('of several reports the worst counts', () => {
  assert.equal(worstHealth([]), 'up');
  assert.equal(worstHealth(['up', 'degraded', 'up']), 'degraded');
  assert.equal(worstHealth(['degraded', 'down', 'up']), 'down');
});

test('where some of several are missing it is degraded, where all are it is down', () => {
  assert.equal(healthOfSome(0, 0), 'up');
  assert.equal(healthOfSome(3, 3), 'up');
  assert.equal(healthOfSome(1, 3), 'degraded');
  assert.equal(healthOfSome(0, 3), 'down');
});
