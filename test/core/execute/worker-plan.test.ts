import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkersOptions } from '@micro-framework/core';
import { planWorkers, readConfig, type WorkerPlan } from '@micro-framework/core/internal';

const settings = {
  workerMode: 'thread',
  maxWorkers: 3,
  tasksPerWorker: 4,
  maxTasksPerChild: 50,
  taskTimeout: 6_000,
  taskGrace: 700,
  workerStartTimeout: 8_000,
  maxQueue: 9,
} as const;

const ofTheService: WorkerPlan = {
  mode: 'thread',
  max: 3,
  tasksPerWorker: 4,
  maxTasksPerChild: 50,
  taskTimeout: 6_000,
  taskGrace: 700,
  startTimeout: 8_000,
  maxQueue: 9,
  resourceLimits: {},
  env: {},
};

const own: readonly WorkersOptions[] = [
  {},
  { mode: 'greedy_process' },
  { max: 1 },
  { tasksPerWorker: 1 },
  { maxTasksPerChild: 2 },
  { taskTimeout: 10 },
  { resourceLimits: { maxOldGenerationSizeMb: 64 } },
  { env: { SHOP: 'slow' } },
];

for (const workers of own) {
  test(`workers: ${JSON.stringify(workers)} goes before the settings of the service, which fill the rest`, async () => {
    const config = await readConfig(settings, {});

    assert.deepEqual(planWorkers(workers, config), { ...ofTheService, ...workers });
  });
}

test('without maxTasksPerChild, here and there, a worker is never replaced', async () => {
  const config = await readConfig({}, {});

  assert.equal(planWorkers({}, config).maxTasksPerChild, Number.POSITIVE_INFINITY);
});
