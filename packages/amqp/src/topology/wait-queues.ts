import {
  type BackOff,
  defaultMaxRetries,
  intervalOf,
  longestInterval,
  type WireError,
} from '@micro-framework/core';
import type { Capabilities } from '../connection/capabilities.js';
import { joined, type Topology } from './topology.js';

// A message that is to be tried again waits in a queue whose messages live for that delay and then go home: exchange
// and queue `retry.<ms>`, shared by all services of a virtual host. The copy is published with the work queue's name
// as routing key; the fanout exchange ignores it, and at the end the exchange `retry.home` finds the queue by it.
//
// Whose queue was deleted meanwhile goes to `retry.lost`. At the default exchange it would find no queue and stay, and
// thirty-two of that kind would hold up everybody else's: a quorum queue has no more than that on their way at once.
//
// One queue a delay, never an expiration a message: behind a longer one a shorter one would wait. The delay is in the
// name, as another delay under the same name is a clash. No `x-expires`: publishing does not count as use, and the
// messages would go with the queue.

/** Where waits end: leads to each work queue by its name. */
const homeExchange = 'retry.home';

/** Keeps the messages that came out of their wait to find their work queue deleted. */
export const lostRetries = 'retry.lost';

/** Shorter delays do not go through the broker: a timer holds the message, unacked, and then sends the copy home. */
export const shortestWait = 50;

/** More delays than these are not worth a queue each. */
const mostKnownDelays = 20;
const mostAttemptsLookedAt = 1_000;

/** Queues among which chance chooses for one delay, and those of one route: where it has many delays each has fewer. */
const stepsOfJitter = 4;
const mostJitterWaits = 40;

/** Steps that computed delays are rounded up to: 100, 200, 500, 1,000 ms and so on to the longest there can be, 24 days. */
export const waitGrid: readonly number[] = gridSteps(100, longestInterval);

function gridSteps(shortest: number, longest: number): readonly number[] {
  const steps: number[] = [];
  for (let decade = shortest; decade < longest; decade *= 10) steps.push(decade, 2 * decade, 5 * decade);
  return [...steps.filter((step) => step < longest), longest];
}

/**
 * Every delay the broker may have to keep for a route, in ascending order. Where its delays are known beforehand and few,
 * those; with jitter, for each of them the same few steps between the shortest it can become and itself. Else the steps
 * of the grid they can be rounded up to.
 */
export function waitsOf(backOff: BackOff): readonly number[] {
  const { interval, maxRetries = defaultMaxRetries } = backOff;
  if (maxRetries < 1) return [];
  if (typeof interval === 'function') return waitGrid;
  const jitter = typeof interval === 'object' ? (interval.jitter ?? 0) : 0;
  const delays = knownDelays(backOff, maxRetries);
  if (delays) return ascending(jitter === 0 ? delays : jittered(delays, jitter));
  const ends = [longestDelay(backOff, 1), longestDelay(backOff, maxRetries)];
  return stepsBetween(Math.min(...ends) * (1 - jitter), Math.max(...ends));
}

/** The wait for a delay: the next that is not shorter, or the longest there is. */
export function waitFor(delay: number, waits: readonly number[]): number {
  return waits.find((wait) => wait >= delay) ?? waits.at(-1) ?? delay;
}

/** The exchange that keeps messages for a delay. */
export function waitExchange(ms: number): string {
  return `retry.${ms}`;
}

/** Exchange and queue of each wait, and the way from there to the work queue. */
export function waitTopology(queue: string, waits: readonly number[], capabilities: Capabilities): Topology {
  if (waits.length === 0) return joined();
  const names = waits.map((ms) => ({ ms, name: waitExchange(ms) }));
  return joined(homeTopology(queue), {
    exchanges: names.map(({ name }) => ({ name, type: 'fanout', autoDelete: false })),
    queues: names.map(({ ms, name }) => ({
      name,
      arguments: timedArguments(ms, homeExchange, capabilities),
    })),
    bindings: names.map(({ name }) => ({ exchange: name, queue: name, key: '' })),
  });
}

/**
 * The arguments of a queue that passes everything on after `ms`. On a quorum queue with at-least-once dead-lettering,
 * where there is one, a broker that is killed loses nothing that waits or is on its way.
 */
export function timedArguments(
  ms: number,
  onward: string,
  { quorumWaits }: Capabilities,
): Readonly<Record<string, unknown>> {
  const kind = quorumWaits
    ? { 'x-queue-type': 'quorum', 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' }
    : { 'x-queue-type': 'classic' };
  return { ...kind, 'x-message-ttl': ms, 'x-dead-letter-exchange': onward };
}

function homeTopology(queue: string): Topology {
  return {
    exchanges: [
      { name: lostRetries, type: 'fanout', autoDelete: false },
      { name: homeExchange, type: 'direct', autoDelete: false, alternate: lostRetries },
    ],
    queues: [{ name: lostRetries, arguments: { 'x-queue-type': 'classic' } }],
    bindings: [
      { exchange: lostRetries, queue: lostRetries, key: '' },
      { exchange: homeExchange, queue, key: queue },
    ],
  };
}

/** The delays of all attempts, before chance takes something off, when they are few. */
function knownDelays(backOff: BackOff, maxRetries: number): ReadonlySet<number> | undefined {
  const last = longestDelay(backOff, maxRetries);
  const delays = new Set([last]);
  for (let attempt = 1; attempt < maxRetries; attempt++) {
    const delay = longestDelay(backOff, attempt);
    // Schedules do not turn back: from here on it is always the last delay.
    if (delay === last) break;
    delays.add(delay);
    if (delays.size > mostKnownDelays || attempt >= mostAttemptsLookedAt) return undefined;
  }
  return delays;
}

/** Evenly spaced, so that as many messages wait in each: what is rounded up to the next of them is never above its delay. */
function jittered(delays: ReadonlySet<number>, jitter: number): Iterable<number> {
  const steps = Math.min(stepsOfJitter, Math.floor(mostJitterWaits / delays.size));
  const shares = Array.from({ length: steps }, (_, step) => 1 - (jitter * step) / steps);
  return [...delays].flatMap((delay) => shares.map((share) => Math.round(delay * share)));
}

function ascending(delays: Iterable<number>): readonly number[] {
  return [...new Set(delays)].filter((delay) => delay >= shortestWait).sort((a, b) => a - b);
}

// Jitter only takes off; without it, the delay of an attempt is the longest it can have.
function longestDelay(backOff: BackOff, attempt: number): number {
  return intervalOf(backOff, { attempt, error: none }, () => 0);
}

const none: WireError = { name: 'Error', message: '' };

function stepsBetween(shortest: number, longest: number): readonly number[] {
  if (longest < shortestWait) return [];
  const steps = waitGrid.filter((step) => step >= shortest && step < longest);
  return [...steps, waitGrid.find((step) => step >= longest) ?? longest];
}
