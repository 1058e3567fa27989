// CommonJS: a process worker of poolifier's whose entry is a module never gets ready on Node 20.
import poolifier = require('poolifier');
import threads = require('node:worker_threads');

const echo = async (payload: unknown): Promise<unknown> => payload;

if (threads.isMainThread) new poolifier.ClusterWorker(echo);
else new poolifier.ThreadWorker(echo);
