import { setImmediate as turn } from 'node:timers/promises';
import { type ConfirmChannel, connect, type GetMessage } from 'amqplib';

const keys = ['a', 'a.b', 'a.b.c', 'b.c', 'x.a.c', 'c'];
const patterns = ['#', 'a.#', '*.b', '*.*.c', 'a', '#.c', ...keys];
const exchanges = { topic: 'topic', direct: 'direct', fanout: 'fanout' } as const;

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
    const play = new Play(await model.createConfirmChannel(), seed);
    await play.prepare();
    for (let step = 0; step < steps; step++) await play.step();
    await play.cleanUp();
    return play.log;
  } finally {
    await model.close();
  }
}

class Play {
  readonly log: string[] = [];
  readonly #channel: ConfirmChannel;
  readonly #random: Random;
  readonly #prefix: string;
  readonly #queues: string[];
  #held: GetMessage[] = [];
  #published = 0;

  constructor(channel: ConfirmChannel, seed: number) {
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
    for (const [name, type] of Object.entries(exchanges)) await this.#channel.assertExchange(x(name), type);
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
    for (let at = 0; at < 7; at++) await this.#bind();
  }

  async cleanUp(): Promise<void> {
    for (const queue of this.#queues) await this.#channel.deleteQueue(queue);
    for (const name of Object.keys(exchanges)) await this.#channel.deleteExchange(this.#prefix + name);
  }

  async step(): Promise<void> {
    const chance = this.#random();
    if (chance < 0.4) await this.#publish();
    else if (chance < 0.7) await this.#get();
    else if (chance < 0.92) await this.#settle();
    else if (chance < 0.95) await this.#count();
    else if (chance < 0.96) await this.#purge();
    else if (chance < 0.98) await this.#bind();
    else await this.#unbind();
  }

  async #publish(): Promise<void> {
    const name = this.#pick(['topic', 'direct', 'fanout', '']);
    const key = name === '' ? this.#pick([...this.#queues, 'nowhere']) : this.#pick(keys);
    const body = String(++this.#published);
    const options = {
      mandatory: this.#random() < 0.3,
      priority: Math.floor(this.#random() * 5),
      persistent: this.#random() < 0.5,
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
    const { exchange, routingKey, redelivered, messageCount } = message.fields;
    const deaths = (message.properties.headers?.['x-death'] ?? []) as unknown as Record<string, unknown>[];
    const history = deaths.map((death) => [
      death.queue,
      death.reason,
      death.count,
      death.exchange,
      death['routing-keys'],
    ]);
    this.#note(
      'get',
      queue,
      message.content,
      exchange,
      routingKey,
      redelivered,
      messageCount,
      JSON.stringify(history),
    );
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

  async #count(): Promise<void> {
    const queue = this.#pick(this.#queues);
    this.#note('count', queue, (await this.#channel.checkQueue(queue)).messageCount);
  }

  async #purge(): Promise<void> {
    const queue = this.#pick(this.#queues);
    this.#note('purge', queue, (await this.#channel.purgeQueue(queue)).messageCount);
  }

  async #bind(): Promise<void> {
    await this.#channel.bindQueue(this.#pick(this.#queues), this.#exchange(), this.#pick(patterns));
  }

  async #unbind(): Promise<void> {
    await this.#channel.unbindQueue(this.#pick(this.#queues), this.#exchange(), this.#pick(patterns));
  }

  // RabbitMQ's queues are processes: a dead letter is on its way between them for as long as their mailboxes take.
  // Asking every queue three times is three trips of the longest chain there is.
  async #settled(): Promise<void> {
    for (let trip = 0; trip < 3; trip++)
      await Promise.all(this.#queues.map((queue) => this.#channel.checkQueue(queue)));
    await turn();
  }

  #exchange(): string {
    return this.#prefix + this.#pick(Object.keys(exchanges));
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T;
  }

  #note(...words: unknown[]): void {
    this.log.push(words.join(' ').replaceAll(this.#prefix, ''));
  }
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
