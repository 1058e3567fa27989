import {
  annotate,
  bootstrap,
  type EntrypointContext,
  type EntrypointDefinition,
  Module,
  type RouteOptions,
  Service,
  type WorkerMode,
} from '@micro-framework/core';
import type { Contender } from '../harness/suite.js';
import type { Payload } from '../payload.js';
import { closedLoop } from './closed-loop.js';

let dispatch: EntrypointContext['dispatch'] | undefined;

/** The smallest entrypoint: hands out what others hand their messages to. */
const directEntrypoint: EntrypointDefinition = {
  kind: 'Direct',
  returns: true,
  create: (context) => {
    dispatch = context.dispatch;
    return {};
  },
  receive: (input) => ({ kind: 'call', args: [input] }),
};

const Direct = (options: RouteOptions = {}) => annotate(directEntrypoint, options);

@Service()
class EchoService {
  @Direct()
  async echo(payload: Payload): Promise<Payload> {
    return payload;
  }
}

@Module({ services: [EchoService] })
class EchoModule {}

/** The whole way of a call: dispatcher, executor, worker, injection, handler, and back as an ending. */
export async function ours(workerMode: WorkerMode): Promise<Contender> {
  const runner = await bootstrap(EchoModule, {
    serviceName: 'bench',
    workerMode,
    maxWorkers: 1,
    tasksPerWorker: 64,
    logLevel: 'silent',
    signals: false,
  });
  const call = dispatch as EntrypointContext['dispatch'];
  return closedLoop(
    async (input) => {
      const ending = await call({ input });
      return ending.kind === 'ack'
        ? ending.value
        : Promise.reject(new Error(`the call ended as ${ending.kind}`));
    },
    () => runner.stop(),
  );
}
