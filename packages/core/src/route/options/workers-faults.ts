import type { WorkerLimits, WorkersOptions } from '../../declare/module.js';
import { fraction, longestTimer, number, oneOf, shown, unknownNames } from './checks.js';

/** What is wrong with a module's `workers`, a sentence each. */
export function workersFaults(workers: WorkersOptions | undefined): string[] {
  if (workers === undefined) return [];
  if (typeof workers !== 'object' || workers === null) return [noObject(workers, "{ mode: 'process' }")];
  const { mode, max, tasksPerWorker, maxTasksPerChild, taskTimeout, resourceLimits } = workers;
  const modes = ['inline', 'thread', 'greedy_thread', 'process', 'greedy_process'];
  return [
    ...unknownNames(workers, Object.keys(workerNames)),
    ...oneOf('mode', mode, modes),
    ...number('max', max, { min: 1, max: 1024 }),
    ...number('tasksPerWorker', tasksPerWorker, { min: 1, max: 10_000 }),
    ...(maxTasksPerChild === Number.POSITIVE_INFINITY
      ? []
      : number('maxTasksPerChild', maxTasksPerChild, { min: 1 })),
    ...number('taskTimeout', taskTimeout, { min: 1, max: longestTimer }),
    ...limitFaults(resourceLimits).map((fault) => `resourceLimits: ${fault}`),
  ];
}

function limitFaults(limits: WorkerLimits | undefined): string[] {
  if (limits === undefined) return [];
  if (typeof limits !== 'object' || limits === null)
    return [noObject(limits, '{ maxOldGenerationSizeMb: 256 }')];
  return [
    ...unknownNames(limits, Object.keys(limitNames)),
    ...fraction('maxOldGenerationSizeMb', limits.maxOldGenerationSizeMb, 1, Number.POSITIVE_INFINITY),
    ...fraction('maxYoungGenerationSizeMb', limits.maxYoungGenerationSizeMb, 1, Number.POSITIVE_INFINITY),
    ...fraction('stackSizeMb', limits.stackSizeMb, 0, Number.POSITIVE_INFINITY),
  ];
}

function noObject(value: unknown, example: string): string {
  return `${shown(value)} is no object. Give one such as ${example}.`;
}

// Objects, not lists: the compiler tells a name that is missing here.
const workerNames: Record<keyof WorkersOptions, true> = {
  mode: true,
  max: true,
  tasksPerWorker: true,
  maxTasksPerChild: true,
  taskTimeout: true,
  resourceLimits: true,
  env: true,
};

const limitNames: Record<keyof WorkerLimits, true> = {
  maxOldGenerationSizeMb: true,
  maxYoungGenerationSizeMb: true,
  stackSizeMb: true,
};
