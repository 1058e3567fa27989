import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connectInProcess } from '@micro-framework/amqp/internal';
import type { Broker } from '@micro-framework/broker';
import {
  type Channel,
  type ChannelModel,
  type ConfirmChannel,
  type ConsumeMessage,
  connect,
  type Options,
} from 'amqplib';

/** The broker under test, whichever it is. */
export interface Subject {
  readonly url: string;
  /** Is connected to this way, without a socket. */
  readonly inProcess?: Broker['connect'];
}

const patience = 5_000;

/** A connection that closes itself after the test. Its errors are the business of whoever asks for them. */
export async function connection(t: TestContext, subject: Subject): Promise<ChannelModel> {
  const { url, inProcess } = subject;
  const model = await (inProcess
    ? connectInProcess({ uri: url, connect: inProcess, timeout: patience, clientProperties: {} })
    : connect(url, { noDelay: true }));
  model.on('error', () => {});
  const closed = new Promise<void>((resolve) => model.once('close', resolve));
  t.after(async () => {
    model.close().catch(() => {}); // it may be closed by now
    await closed;
  });
  return model;
}

export async function channel(t: TestContext, subject: Subject): Promise<Channel> {
  return quiet(await (await connection(t, subject)).createChannel());
}

export async function confirmChannel(t: TestContext, subject: Subject): Promise<ConfirmChannel> {
  return quiet(await (await connection(t, subject)).createConfirmChannel());
}

/** A channel whose error event does not end the process. */
export function quiet<C extends Channel>(one: C): C {
  one.on('error', () => {});
  return one;
}

/** A name that no other test uses. */
export function unique(name: string): string {
  return `${name}-${randomBytes(6).toString('hex')}`;
}

/** A fresh queue, empty and alone. */
export async function newQueue(on: Channel, options: Options.AssertQueue = {}): Promise<string> {
  return (await on.assertQueue(unique('queue'), options)).queue;
}

export async function newExchange(
  on: Channel,
  type: string,
  options: Options.AssertExchange = {},
): Promise<string> {
  return (await on.assertExchange(unique('exchange'), type, options)).exchange;
}

/** Publishes and waits until the broker has taken it, or rejects when it has not. */
export function publish(
  on: ConfirmChannel,
  exchange: string,
  routingKey: string,
  body: string | Buffer,
  options: Options.Publish = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    on.publish(exchange, routingKey, Buffer.from(body), options, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

/** Publishes one message a body to a queue, in order. */
export async function fill(on: ConfirmChannel, queue: string, bodies: Iterable<string>): Promise<void> {
  for (const body of bodies) on.sendToQueue(queue, Buffer.from(body));
  await on.waitForConfirms();
}

/** What a consumer gets, and a way to wait for it. `null` is the broker's cancel. */
export class Inbox {
  readonly messages: (ConsumeMessage | null)[] = [];
  consumerTag = '';
  #arrived: () => void = () => {};

  static async open(on: Channel, queue: string, options: Options.Consume = {}): Promise<Inbox> {
    const inbox = new Inbox();
    const reply = await on.consume(queue, (message) => inbox.#take(message), options);
    inbox.consumerTag = reply.consumerTag;
    return inbox;
  }

  get bodies(): string[] {
    return this.messages.map((message) => message?.content.toString() ?? '(cancelled)');
  }

  /** The first `count` messages, once they are there. */
  async first(count: number): Promise<ConsumeMessage[]> {
    await within(`${count} messages, of which ${this.messages.length} came`, async (signal) => {
      while (this.messages.length < count && !signal.aborted)
        await new Promise<void>((resolve) => {
          this.#arrived = resolve;
        });
    });
    return this.messages.slice(0, count) as ConsumeMessage[];
  }

  #take(message: ConsumeMessage | null): void {
    this.messages.push(message);
    this.#arrived();
  }
}

async function within(what: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const end = new AbortController();
  const late = pause(patience, undefined, { signal: end.signal }).then(() => {
    throw new Error(`waited ${patience} ms for ${what}`);
  });
  late.catch(() => {});
  try {
    await Promise.race([work(end.signal), late]);
  } finally {
    end.abort();
  }
}

/** Asks again until `check` holds. For what a broker only tells when asked. */
export async function eventually<T>(what: string, check: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + patience;
  for (;;) {
    const found = await check();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`waited ${patience} ms for ${what}`);
    await pause(5);
  }
}

/** Waits until the queue holds so many messages that are ready. */
export async function ready(on: Channel, queue: string, count: number): Promise<void> {
  await eventually(
    `${count} messages in ${queue}`,
    async () => (await on.checkQueue(queue)).messageCount === count,
  );
}

/** One message by `basic.get`, once there is one. */
export function next(on: Channel, queue: string, noAck = true): Promise<ConsumeMessage> {
  return eventually(`a message in ${queue}`, async () => {
    const message = await on.get(queue, { noAck });
    return message === false ? undefined : (message as unknown as ConsumeMessage);
  });
}

export interface CloseReason {
  readonly code: number;
  readonly text: string;
}

/** Does what is not allowed and returns how the broker closed `target` for it. */
export async function closedBy(target: Channel | ChannelModel, act: () => unknown): Promise<CloseReason> {
  const failed = once(target, 'error', { signal: AbortSignal.timeout(patience) });
  const attempt = Promise.resolve()
    .then(act)
    .catch(() => {});
  const [error] = (await failed) as [Error & { code: number }];
  await attempt;
  const text = /with message "(.*)"$/s.exec(error.message)?.[1] ?? error.message;
  return { code: error.code, text };
}
