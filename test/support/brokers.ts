import { after } from 'node:test';
import { type Broker, startBroker } from '@micro-framework/broker';
import { openVhost, type Vhost } from './rabbitmq.js';

/** A broker that a promise of the framework's is tried on. */
export interface BrokerUnderTest {
  readonly name: string;
  /** A place for one test, whose names have to be unique. */
  open(): Promise<Vhost>;
  /** The address of a place that holds nothing else, for a test whose names are fixed. */
  openEmpty(): Promise<string>;
}

/** What works on one has to work on the other. */
export const brokers: readonly BrokerUnderTest[] = [
  { name: 'RabbitMQ', open: openVhost, openEmpty: async () => (await openVhost()).uri },
  { name: 'the embedded broker', open: openEmbedded, openEmpty: startEmbedded },
];

let opened = 0;
let shared: Promise<string> | undefined;
const started: Broker[] = [];

// They go with the file: closed in a hook of a test they would be gone before those who use them.
async function startEmbedded(): Promise<string> {
  const broker = await startBroker();
  started.push(broker);
  return broker.url as string;
}

async function openEmbedded(): Promise<Vhost> {
  shared ??= startEmbedded();
  const tag = `embedded-${++opened}`;
  return { uri: await shared, unique: (name) => `${name}-${tag}` };
}

after(() => Promise.all(started.map((broker) => broker.close())));
