import { deathContract } from './death-contract.js';
import { executorContract } from './executor-contract.js';
import { queueContract } from './queue-contract.js';
import { workerContract } from './worker-contract.js';

executorContract('inline');
for (const mode of ['thread', 'greedy_thread', 'process', 'greedy_process'] as const) {
  executorContract(mode);
  queueContract(mode);
}
for (const mode of ['thread', 'process'] as const) {
  workerContract(mode);
  deathContract(mode);
}
