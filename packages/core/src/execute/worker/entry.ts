import { isMainThread } from 'node:worker_threads';
import { ClusterWorker, ThreadWorker } from 'poolifier';
import { type PackedBatch, unpackBatch } from '../packed.js';
import type { WorkerInit } from '../worker-init.js';
import { openChannel } from './channel.js';
import { dieWithParent } from './die-with-parent.js';
import { WorkerService } from './worker-service.js';

// The file every worker runs, thread or process. It loads the service at the task `boot`.

const channel = openChannel();
const service = new WorkerService(channel);

// Poolifier tells asynchronous functions by how they are declared.
const tasks = {
  boot: async (init?: WorkerInit) => service.boot(init as WorkerInit),
  run: async (batch?: PackedBatch) => service.run(unpackBatch(batch as PackedBatch)),
  stop: async () => service.stop(),
};
// The main side alone ends workers.
const options = { maxInactiveTime: 1_000_000_000 };

if (isMainThread) {
  new ClusterWorker(tasks as never, options);
  dieWithParent();
} else {
  new ThreadWorker(tasks as never, options);
}
// In the same turn: a listener that came before would have swallowed the pool's handshake.
channel.listen((message) => service.receive(message));
