import { availableParallelism } from 'node:os';
import { connectInProcess } from '@micro-framework/amqp/internal';
import { type BrokerOptions, startBroker } from '@micro-framework/broker';
import { connect } from 'amqplib';
import { startNode } from '../../test/support/rabbitmq-node.js';
import type { Host } from '../harness/suite.js';
import type { BrokerHost } from './contenders.js';
import { newFolder } from './folder.js';

/** RabbitMQ as it is set up by default, with all cores, on free ports. */
export async function rabbitMq(): Promise<Host> {
  const node = await startNode({ schedulers: availableParallelism() });
  await node.ready;
  const url = node.address.uri;
  return { url, versions: { RabbitMQ: await versionOf(url) }, close: () => node.stop() };
}

async function versionOf(url: string): Promise<string> {
  const model = await connect(url);
  const { version } = model.connection.serverProperties;
  await model.close();
  return version;
}

/** The embedded broker in this process, or in a thread of it, as the options say. */
export async function embedded(options: BrokerOptions = {}): Promise<Host> {
  const broker = await startBroker(options);
  return { url: broker.url as string, close: () => broker.close() };
}

/** The embedded broker in this process, reached as `memory://` is by services: without a socket. */
export async function inProcess(): Promise<BrokerHost> {
  const broker = await startBroker();
  const { url, connect: open, close } = broker;
  if (url === undefined || open === undefined) throw new Error('the broker runs elsewhere');
  const connect = () => connectInProcess({ uri: url, connect: open, timeout: 5_000, clientProperties: {} });
  return { url, connect, close };
}

/** The embedded broker with a journal: in a thread, and a confirm means that the message is on the disk. */
export async function journaled(): Promise<Host> {
  const folder = newFolder();
  const { url, close } = await embedded({ storage: folder.storage });
  return { url, close: () => close().finally(folder.remove) };
}
