import { isMainThread } from 'node:worker_threads';
import { ClusterWorker, ThreadWorker } from 'poolifier';
import type { WorkerInit } from '../worker-init.js';
import { openChannel } from './channel.js';
import { dieWithParent } from './die-with-parent.js';
import { WorkerService } from './worker-service.js';

// The file every worker runs, thread or process.

const channel = openChannel();
const service = new WorkerService(channel);

// Poolifier tells asynchronous functions by how they are declared.
const tasks = { serve: async (init?: WorkerInit) => service.serve(init as WorkerInit) };
// It looks for inactivity at half of this, and no timer of Node waits longer.
const options = { maxInactiveTime: 2 * (2 ** 31 - 1) };

if (isMainThread) {
  staysIdle(new ClusterWorker(tasks as never, options));
  dieWithParent();
} else {
  staysIdle(new ThreadWorker(tasks as never, options));
}
// In the same turn: a listener that came before would have swallowed the pool's handshake.
channel.listen((message) => service.receive(message));

// The main side alone ends workers. Poolifier would end one that was idle for long, without its stop hooks, and has no
// option against it.
function staysIdle(worker: ClusterWorker | ThreadWorker): void {
  Object.assign(worker, { checkActive: () => {} });
}
