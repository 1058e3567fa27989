import { setTimeout as wait } from 'node:timers/promises';
import { mainThreadCpu } from '../harness/cpu.js';
import type { Contender, Figure } from '../harness/suite.js';
import { Backlog } from './backlog.js';

/** One who takes messages from a queue. */
export interface Consumption {
  /** Its queue: durable, without arguments. */
  readonly queue: string;
  /** A message as its own senders write it. */
  readonly body: Buffer;
  /** Connects and begins to take what is there. Called for every measurement anew. */
  start(prefetch: number): Promise<Consumer>;
}

/** Takes messages until it is stopped. */
export interface Consumer {
  /** How many its handler had. */
  handled(): number;
  /** Closes its connection; what it has not acknowledged goes back to the queue. */
  stop(): Promise<void>;
}

const prefetches = [10, 100] as const;

/** Where the figures of a prefetch stand. */
export function prefetchGroup(prefetch: number): string {
  return `prefetch ${prefetch}`;
}

/** Messages that are taken before the clock starts: new workers are slow at first. */
const warmUp = 5_000;
/** Messages a second of measurement; who is faster than this is done sooner. */
const perSecond = 30_000;
/** Milliseconds between two looks at the queue. */
const lookEvery = 10;

/**
 * A contender that empties a queue which was filled before. The broker tells how many messages are left, so what is
 * counted is the same for all, and nothing is added to what a contender does.
 */
export async function consuming(url: string, consumption: Consumption): Promise<Contender> {
  const backlog = await Backlog.open(url, consumption.queue);
  return {
    measure: async (seconds) => {
      const figures: Figure[] = [];
      for (const prefetch of prefetches)
        figures.push(...(await measure(consumption, backlog, prefetch, seconds)));
      return figures;
    },
    close: () => backlog.close(),
  };
}

async function measure(
  consumption: Consumption,
  backlog: Backlog,
  prefetch: number,
  seconds: number,
): Promise<Figure[]> {
  const filled = warmUp + seconds * perSecond;
  await backlog.fill(filled, consumption.body);
  const consumer = await consumption.start(prefetch);
  const begin = await first(backlog, ({ left }) => left <= filled - warmUp);
  const end = await first(
    backlog,
    // The last that were delivered may still be in hand.
    ({ left, at }) => at >= begin.at + seconds * 1_000 || left <= prefetch,
  );
  const handled = consumer.handled();
  await consumer.stop();
  await checkSettled(backlog, { filled, left: end.left, handled, prefetch });
  const taken = begin.left - end.left;
  const group = prefetchGroup(prefetch);
  return [
    { group, metric: 'messages/s', unit: 'messages/s', value: (taken / (end.at - begin.at)) * 1_000 },
    { group, metric: 'main CPU', unit: 'us/message', value: (end.cpu - begin.cpu) / taken },
  ];
}

interface Look {
  readonly left: number;
  readonly at: number;
  readonly cpu: number;
}

async function first(backlog: Backlog, fits: (look: Look) => boolean): Promise<Look> {
  for (;;) {
    const look = { left: await backlog.ready(), at: performance.now(), cpu: mainThreadCpu() };
    if (fits(look)) return look;
    await wait(lookEvery);
  }
}

interface Account {
  readonly filled: number;
  readonly left: number;
  readonly handled: number;
  readonly prefetch: number;
}

// Whoever takes messages without handling them, or handles them without acknowledging, is not faster.
async function checkSettled(backlog: Backlog, { filled, left, handled, prefetch }: Account): Promise<void> {
  const back = await backlog.ready();
  await backlog.purge();
  if (back > left + prefetch) throw new Error(`${back} messages of ${filled} were not acknowledged`);
  if (handled < filled - left - prefetch)
    throw new Error(`only ${handled} messages of ${filled - left} were handled`);
}
