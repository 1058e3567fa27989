import { workerData } from 'node:worker_threads';

// Runs in a thread of a worker process; the parent it is given is the main process.
setInterval(() => {
  if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL');
}, 500);
