import { setImmediate as turn } from 'node:timers/promises';
import { type ChannelModel, type ConfirmChannel, connect, type GetMessage } from 'amqplib';
import { TracedConsumer } from './traced-consumer.js';

const keys = ['a', 'a.b', 'a.b.c', 'b.c', 'x.a.c', 'c'];
const patterns = ['#', 'a.#', '*.b', '*.*.c', 'a', '#.c', ...keys];
const exchanges = ['topic', 'direct', 'fanout', 'headers'];
const headers = { color: ['red', 'blue'], size: [1, 2, '1'], 'x-size': [1] };

type Random = () => number;

/** The same numbers for the same seed, everywhere. */
function randomFrom(seed: number): Random {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Does `steps` random things with a broker and returns what came of each, in words that name no broker. */
export async function trace(url: string, seed: number, steps: number): Promise<string[]> {
  const model = await connect(url, { noDelay: true });
  try {
    const play = new Play(model, await model.createConfirmChannel(), seed);
    await play.prepare();
    for (let step = 0; step < steps; step++) await play.step();
    await play.cleanUp();
    return play.log;
  } finally {
    await model.close();
  }
}

interface Bound {
  readonly to: string;
  readonly toQueue: boolean;
  readonly from: string;
  readonly pattern: string;
  readonly args: Record<string, unknown>;
}

type Seen = Pick<GetMessage['fields'], 'exchange' | 'routingKey' | 'redelivered'>;

class Play {
  readonly log: string[] = [];
  readonly #channel: ConfirmChannel;
  readonly #random: Random;
  readonly #prefix: string;
  readonly #queues: string[];
  readonly #consumers = new Map<string, TracedConsumer>();
  readonly #bound: Bound[] = [];
  #held: GetMessage[] = [];
  #published = 0;

  constructor(
    readonly model: ChannelModel,
    channel: ConfirmChannel,
    seed: number,
  ) {
    this.#channel = channel;
    this.#random = randomFrom(seed);
    this.#prefix = `trace-${process.pid}-${seed}-`;
    this.#queues = ['q0', 'q1', 'q2', 'q3', 'q4'].map((name) => this.#prefix + name);
    channel.on('return', ({ content }) => this.log.push(`returned ${content}`));
    channel.on('error', (error) => this.log.push(`error ${error.message.replaceAll(this.#prefix, '')}`));
  }

  async prepare(): Promise<void> {
    const [q0, q1, q2, q3, q4] = this.#queues as [string, string, string, string, string];
    const x = (name: string): string => this.#prefix + name;
    for (const type of exchanges) await this.#channel.assertExchange(x(type), type);
    const declare = (name: string, options: object): Promise<unknown> =>
      this.#channel.assertQueue(name, options);
    await declare(q0, { deadLetterExchange: x('topic'), deadLetterRoutingKey: 'a.b' });
    await declare(q1, { maxPriority: 3 });
    await declare(q2, { maxLength: 4, deadLetterExchange: x('fanout') });
    await declare(q3, { deadLetterExchange: '', deadLetterRoutingKey: q1 });
    const overflow = { 'x-overflow': 'reject-publish' };
    await declare(q4, {
      maxLength: 3,
      arguments: overflow,
      deadLetterExchange: '',
      deadLetterRoutingKey: q3,
    });
    for (let at = 0; at < 9; at++) await this.#bind();
  }

  async cleanUp(): Promise<void> {
    for (const { channel } of this.#consumers.values()) await channel.close();
    for (const queue of this.#queues) await this.#channel.deleteQueue(queue);
    for (const name of exchanges) await this.#channel.deleteExchange(this.#prefix + name);
  }

  async step(): Promise<void> {
    const chance = this.#random();
    if (chance < 0.36) await this.#publish();
    else if (chance < 0.56) await this.#get();
    else if (chance < 0.72) await this.#settle();
    else if (chance < 0.86) await this.#settleConsumed();
    else if (chance < 0.89) await this.#consume();
    else if (chance < 0.91) await this.#hangUp();
    else if (chance < 0.94) await this.#count();
    else if (chance < 0.95) await this.#purge();
    else if (chance < 0.98) await this.#bind();
    else await this.#unbind();
  }

  async #publish(): Promise<void> {
    const name = this.#pick([...exchanges, '']);
    const key = name === '' ? this.#pick([...this.#queues, 'nowhere']) : this.#pick(keys);
    const body = String(++this.#published);
    const options = {
      mandatory: this.#random() < 0.3,
      priority: Math.floor(this.#random() * 5),
      persistent: this.#random() < 0.5,
      headers: this.#headers(),
    };
    const exchange = name === '' ? '' : this.#prefix + name;
    const end = await new Promise((resolve) => {
      this.#channel.publish(exchange, key, Buffer.from(body), options, (error) =>
        resolve(error ? 'nack' : 'ack'),
      );
    });
    this.#note('publish', name, key, body, end);
    await this.#settled();
  }

  async #get(): Promise<void> {
    const queue = this.#pick(this.#queues);
    const noAck = this.#random() < 0.2;
    const message = await this.#channel.get(queue, { noAck });
    if (message === false) {
      this.#note('get', queue, 'empty');
      return;
    }
    if (!noAck) this.#held.push(message);
    this.#note('get', queue, describe(message), message.fields.messageCount);
  }

  async #settle(): Promise<void> {
    if (this.#held.length === 0) return;
    const message = this.#pick(this.#held);
    const way = this.#pick(['ack', 'requeue', 'nack', 'reject']);
    // Dead letters of several queues at once would race each other in RabbitMQ.
    const upTo = this.#random() < 0.2 && way !== 'nack';
    if (way === 'ack') this.#channel.ack(message, upTo);
    else if (way === 'reject') this.#channel.reject(message, false);
    else this.#channel.nack(message, upTo, way === 'requeue');
    const { deliveryTag } = message.fields;
    const gone = (other: GetMessage): boolean =>
      other === message || (upTo && way !== 'reject' && other.fields.deliveryTag <= deliveryTag);
    this.#held = this.#held.filter((other) => !gone(other));
    this.#note(way, message.content, upTo);
    await this.#settled();
  }

  async #consume(): Promise<void> {
    const queue = this.#pick(this.#queues);
    const settings = { prefetch: 1 + Math.floor(this.#random() * 4), noAck: this.#random() < 0.1 };
    // Whose turn it is among several differs with what each has been sent.
    if (this.#consumers.has(queue)) return;
    this.#note('consume', queue, settings.prefetch, settings.noAck);
    this.#consumers.set(queue, await TracedConsumer.open(this.model, queue, settings));
    await this.#settled();
  }

  /** What its consumer holds goes back. */
  async #hangUp(): Promise<void> {
    const queue = this.#pick(this.#queues);
    const consumer = this.#consumers.get(queue);
    if (!consumer) return;
    this.#note('hang up', queue, consumer.held.length);
    this.#consumers.delete(queue);
    await consumer.channel.close();
    await this.#settled();
  }

  async #settleConsumed(): Promise<void> {
    const holding = this.#queues.filter((queue) => (this.#consumers.get(queue)?.held.length ?? 0) > 0);
    if (holding.length === 0) return;
    const consumer = this.#consumers.get(this.#pick(holding)) as TracedConsumer;
    const { channel, queue, held } = consumer;
    const message = this.#pick(held);
    const way = this.#pick(['ack', 'requeue', 'nack', 'nack']);
    // Where what is dead may die again on its way, several of them would race each other in RabbitMQ.
    const mayRace = way === 'nack' && this.#queues.indexOf(queue) % 2 === 0;
    const upTo = this.#random() < 0.5 && !mayRace;
    if (way === 'ack') channel.ack(message, upTo);
    else channel.nack(message, upTo, way === 'requeue');
    const last = message.fields.deliveryTag;
    consumer.held = held.filter((other) => (upTo ? other.fields.deliveryTag > last : other !== message));
    this.#note('consumed', way, queue, message.content, upTo);
    await this.#settled();
  }

  async #count(): Promise<void> {
    const queue = this.#pick(this.#queues);
    const { messageCount, consumerCount } = await this.#channel.checkQueue(queue);
    this.#note('count', queue, messageCount, consumerCount);
  }

  async #purge(): Promise<void> {
    const queue = this.#pick(this.#queues);
    this.#note('purge', queue, (await this.#channel.purgeQueue(queue)).messageCount);
  }

  async #bind(): Promise<void> {
    const toQueue = this.#random() < 0.75;
    const to = toQueue ? this.#pick(this.#queues) : this.#exchange();
    const bound = { to, toQueue, from: this.#exchange(), pattern: this.#pick(patterns), args: this.#match() };
    this.#bound.push(bound);
    const { from, pattern, args } = bound;
    this.#note('bind', to, from, pattern, JSON.stringify(args));
    if (toQueue) await this.#channel.bindQueue(to, from, pattern, args);
    else await this.#channel.bindExchange(to, from, pattern, args);
  }

  /** Unbinds what is bound, or was. */
  async #unbind(): Promise<void> {
    const { to, toQueue, from, pattern, args } = this.#pick(this.#bound);
    this.#note('unbind', to, from, pattern, JSON.stringify(args));
    if (toQueue) await this.#channel.unbindQueue(to, from, pattern, args);
    else await this.#channel.unbindExchange(to, from, pattern, args);
  }

  #match(): Record<string, unknown> {
    const how = this.#pick([{ 'x-match': 'any' }, { 'x-match': 'all' }, {}]);
    return { ...how, ...this.#headers() };
  }

  #headers(): Record<string, unknown> {
    const some = Object.entries(headers).filter(() => this.#random() < 0.5);
    return Object.fromEntries(some.map(([name, values]) => [name, this.#pick<unknown>(values)]));
  }

  // RabbitMQ's channels and queues are processes: what is asked on one channel is not done when another answers, and a
  // dead letter is on its way between queues for as long as their mailboxes take. Asking every queue three times is three
  // trips of the longest chain there is.
  async #settled(): Promise<void> {
    const consumers = this.#queues.flatMap((queue) => this.#consumers.get(queue) ?? []);
    await Promise.all(consumers.map((consumer) => consumer.settled()));
    for (let trip = 0; trip < 3; trip++)
      await Promise.all(this.#queues.map((queue) => this.#channel.checkQueue(queue)));
    await Promise.all(consumers.map((consumer) => consumer.settled()));
    await turn();
    for (const consumer of consumers)
      for (const message of consumer.news()) this.#note('delivered', consumer.queue, describe(message));
  }

  #exchange(): string {
    return this.#prefix + this.#pick(exchanges);
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T;
  }

  #note(...words: unknown[]): void {
    this.log.push(words.join(' ').replaceAll(this.#prefix, ''));
  }
}

/** A message as its receiver sees it, with how it has died before. */
function describe({
  content,
  fields,
  properties,
}: Pick<GetMessage, 'content' | 'properties'> & { fields: Seen }): string {
  const deaths = (properties.headers?.['x-death'] ?? []) as unknown as Record<string, unknown>[];
  const history = deaths.map((death) => [
    death.queue,
    death.reason,
    death.count,
    death.exchange,
    death['routing-keys'],
  ]);
  return [content, fields.exchange, fields.routingKey, fields.redelivered, JSON.stringify(history)].join(' ');
}

/** Where two traces part, with what led up to it; nothing when they are equal. */
export function difference(
  seed: number,
  expected: readonly string[],
  actual: readonly string[],
): string | undefined {
  const at = expected.findIndex((line, step) => line !== actual[step]);
  if (at < 0 && expected.length === actual.length) return undefined;
  const before = expected.slice(Math.max(0, at - 6), at).map((line) => `    ${line}`);
  return [`seed ${seed}, line ${at}:`, ...before, `  - ${expected[at]}`, `  + ${actual[at]}`].join('\n');
}
