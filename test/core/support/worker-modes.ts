/** Where handlers can run; the greedy modes differ in their stop alone. */
export const workerModes = ['inline', 'thread', 'process'] as const;
