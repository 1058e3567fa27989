import { fileURLToPath } from 'node:url';
import { AmqpError } from '../amqp-error.js';
import type { BrokerStatus } from '../broker.js';
import { BrokerError } from '../broker-error.js';
import { Dialogue } from '../client/dialogue.js';
import { writeProperties } from '../codec/properties.js';
import { idIn, product } from '../connection/handshake/capabilities.js';
import { replyQueue } from '../engine/replies.js';
import { DiscoveryFile } from '../shared/discovery-file.js';
import { parseStatus } from './parse-status.js';
import { statusAddress } from './status-request.js';

/** How to ask for a status. */
export interface BrokerStatusOptions {
  /** Milliseconds to wait for the answer. Default 5,000. */
  readonly timeout?: number;
}

/**
 * Asks a running broker, of this or another process, what it holds. The question itself is not counted.
 *
 * @param address - its URL, `amqp://user:password@host:port`, or the folder it keeps its messages in, `file:///dir`.
 * @throws {@link BrokerError} `BROKER_UNREACHABLE` where no broker of this kind answers, `BROKER_BAD_OPTION` for an
 * address of another form.
 *
 * @example
 * ```ts
 * const { queues } = await brokerStatus('file:///var/lib/my-service');
 * for (const { name, ready } of queues) console.log(`${ready} messages wait in ${name}`);
 * ```
 */
export async function brokerStatus(
  address: string,
  { timeout = 5_000 }: BrokerStatusOptions = {},
): Promise<BrokerStatus> {
  const target = targetOf(address);
  const { host } = new URL(target.url);
  const signal = AbortSignal.timeout(timeout);
  try {
    return await ask(new Dialogue(target.url, signal), target);
  } catch (cause) {
    if (cause instanceof BrokerError) throw cause;
    const why = signal.aborted ? `it has not answered within ${timeout} ms` : wordsOf(cause);
    const advice = 'is the broker running there, and are user and password right?';
    throw new BrokerError('BROKER_UNREACHABLE', `no status from ${host}: ${why}; ${advice}`, { cause });
  }
}

function wordsOf(cause: unknown): string {
  if (cause instanceof AmqpError) return 'what answers there does not speak AMQP 0-9-1';
  return cause instanceof Error ? cause.message : String(cause);
}

function foreign(url: string, what: string): BrokerError {
  const message = `no status from ${new URL(url).host}: what answers there is ${what}`;
  return new BrokerError('BROKER_UNREACHABLE', message);
}

async function ask(dialogue: Dialogue, { url, id }: Target): Promise<BrokerStatus> {
  try {
    const greeting = await dialogue.greeted();
    const name = greeting.get('product')?.value;
    if (name !== product)
      throw foreign(url, `${name ?? 'a broker without a name'}; ask it with its own tools`);
    if (id !== undefined && idIn(greeting) !== id)
      throw foreign(url, 'another broker; that of the folder has ended');
    await dialogue.logIn();
    await dialogue.open();
    dialogue.send(1, 'basic.consume', replyConsumer);
    await dialogue.expect('basic.consume-ok');
    const route = { ticket: 0, exchange: '', routingKey: statusAddress };
    dialogue.send(1, 'basic.publish', { ...route, mandatory: true, immediate: false });
    dialogue.sendHeader(1, 0, writeProperties({ replyTo: replyQueue }));
    await dialogue.expect('basic.deliver');
    const { connections, ...status } = parseStatus(await dialogue.body());
    return { connections: connections - 1, ...status };
  } finally {
    dialogue.end();
  }
}

const replyConsumer = {
  ticket: 0,
  queue: replyQueue,
  consumerTag: '',
  noLocal: false,
  noAck: true,
  exclusive: false,
  noWait: false,
  arguments: new Map(),
};

interface Target {
  readonly url: string;
  /** That of the one broker that is meant; any that answers, where there is none. */
  readonly id?: string;
}

function targetOf(address: string): Target {
  if (/^amqp:\/\/./.test(address) && URL.canParse(address)) return { url: address };
  const folder = folderOf(address);
  const file = new DiscoveryFile(folder);
  const host = file.read();
  if (host) return host;
  throw new BrokerError(
    'BROKER_UNREACHABLE',
    `no broker runs on ${folder}: there is no ${file.path}; start one, or name the folder of one that runs`,
  );
}

function folderOf(address: string): string {
  try {
    return fileURLToPath(address);
  } catch (cause) {
    const wanted = "'amqp://user:password@host:port' or 'file:///an/absolute/directory'";
    // Not shown: it may hold a password.
    throw new BrokerError('BROKER_BAD_OPTION', `brokerStatus: the address is not of the form ${wanted}`, {
      cause,
    });
  }
}
