import { after } from 'node:test';
import { type Broker, startBroker } from '@micro-framework/broker';
import { openVhost, type Vhost } from './rabbitmq.js';

/** A broker that a promise of the framework's is tried on. */
export interface BrokerUnderTest {
  readonly name: string;
  /** A place for one test. */
  open(): Promise<Vhost>;
}

/** What works on one has to work on the other. */
export const brokers: readonly BrokerUnderTest[] = [
  { name: 'RabbitMQ', open: openVhost },
  { name: 'the embedded broker', open: openEmbedded },
];

let opened = 0;
let embedded: Promise<Broker> | undefined;

// One for all tests of a file: closed in a hook of a test it would be gone before those who use it.
async function openEmbedded(): Promise<Vhost> {
  embedded ??= startBroker();
  const tag = `embedded-${++opened}`;
  return { uri: (await embedded).url as string, unique: (name) => `${name}-${tag}` };
}

after(async () => (await embedded)?.close());
