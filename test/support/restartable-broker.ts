import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { dataFolder, type HostedBroker, hostBroker } from './broker-process.js';
import { startRabbit } from './rabbitmq.js';
import { freePorts } from './rabbitmq-node.js';

/** A broker of a process of its own that a test ends and starts again, at the same address. */
export interface RestartableBroker {
  readonly uri: string;
  /** Ends it, as a power cut would or in order. Resolves when it is gone. */
  halt(how: 'kill' | 'stop'): Promise<void>;
  /** Resolves when it takes connections. */
  start(): Promise<void>;
}

/** Both brokers, by name: what a service promises holds on either. */
export const restartableBrokers = {
  RabbitMQ: startRestartableRabbit,
  'the embedded broker': startRestartableEmbedded,
} as const;

async function startRestartableRabbit(t: TestContext): Promise<RestartableBroker> {
  const node = await startRabbit(t);
  return { uri: node.address.uri, halt: (how) => node.halt(how), start: () => node.start() };
}

async function startRestartableEmbedded(t: TestContext): Promise<RestartableBroker> {
  const { storage } = dataFolder();
  const [port = 0] = await freePorts(1);
  const options = { storage, port, password: 'secret', fsync: 'data' } as const;
  let host: HostedBroker = await hostBroker(t, options);
  return {
    uri: host.url,
    async halt(how) {
      const ended = once(host.child, 'exit');
      host.child.kill(how === 'kill' ? 'SIGKILL' : 'SIGTERM');
      await ended;
    },
    async start() {
      host = await hostBroker(t, options);
    },
  };
}
