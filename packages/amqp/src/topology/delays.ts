import type { Capabilities } from '../connection/capabilities.js';
import { joined, type Topology } from './topology.js';
import { timedArguments } from './wait-queues.js';

// An event that is published with a delay goes down a cascade: levels that wait 100 ms, 200 ms, 400 ms and so on, each
// with an exchange and a queue `delay.<ms>`, shared by all services of a virtual host. Its delay, counted in units of
// 100 ms, is written in binary into a routing key, one word a level: `-.-.+.-.+.shop/events` waits at the levels marked
// with a plus. Where nothing is bound to a word, the level's alternate exchange, the next lower level, takes it on. At
// the end `delay.due` leads to a queue of the target exchange's own, where it waits the last unit, and which
// dead-letters it to the target.
//
// The key travels as BCC: brokers route by it at every step, as by the event's own, and receivers never see it. So the
// event arrives at the target as if it had been published there: same exchange, key, properties, and headers but for the
// broker's `x-death`.
//
// What finds no queue at the target, as nobody listens, would stay for ever in a quorum queue with at-least-once
// dead-lettering, and thirty-two of that kind would stop it; therefore each target leads also to a queue that forgets.

/** Milliseconds that delays are rounded up to. */
export const delayUnit = 100;

const levels = 25;

/** Milliseconds no delay can exceed: 38 days. */
export const longestDelay = delayUnit * 2 ** levels;

const dueExchange = 'delay.due';
const unheardQueue = 'delay.unheard';

/** Keeps the events whose target's queue was deleted while they were delayed. */
export const lostDelays = 'delay.lost';

/** How an event goes into the cascade. */
export interface DelayRoute {
  /** Where to publish it, under its own routing key. */
  readonly exchange: string;
  /** The routing key that it is given beside its own. */
  readonly key: string;
}

/** The way of an event that is to reach the exchange `target` after `delay` milliseconds: never sooner. */
export function delayRoute(delay: number, target: string): DelayRoute {
  // The target's own queue makes it wait the last unit.
  const units = Math.max(1, Math.ceil(delay / delayUnit)) - 1;
  const words = descending.map((level) => (Math.floor(units / 2 ** level) % 2 === 1 ? '+' : '-'));
  const highest = descending[words.indexOf('+')];
  return {
    exchange: highest === undefined ? dueExchange : levelName(highest),
    key: [...words, word(target)].join('.'),
  };
}

/** The cascade, and its end at the exchange `target`, which has to be declared before. */
export function delayTopology(target: string, capabilities: Capabilities): Topology {
  return joined(cascadeTopology(capabilities), targetTopology(target, capabilities));
}

function cascadeTopology(capabilities: Capabilities): Topology {
  // The lowest first: each leads to the one below.
  const ascending = [...descending].reverse();
  return {
    exchanges: [
      { name: lostDelays, type: 'fanout', autoDelete: false },
      { name: dueExchange, type: 'topic', autoDelete: false, alternate: lostDelays },
      ...ascending.map((level) => ({
        name: levelName(level),
        type: 'topic' as const,
        autoDelete: false,
        alternate: nextExchange(level),
      })),
    ],
    queues: [
      { name: lostDelays, arguments: { 'x-queue-type': 'classic' } },
      { name: unheardQueue, arguments: { 'x-queue-type': 'classic', 'x-message-ttl': 0 } },
      ...ascending.map((level) => ({
        name: levelName(level),
        arguments: timedArguments(delayUnit * 2 ** level, nextExchange(level), capabilities),
      })),
    ],
    bindings: [
      { exchange: lostDelays, queue: lostDelays, key: '' },
      ...ascending.map((level) => ({
        exchange: levelName(level),
        queue: levelName(level),
        key: `${'*.'.repeat(levels - 1 - level)}+.#`,
      })),
    ],
  };
}

function targetTopology(target: string, capabilities: Capabilities): Topology {
  const queue = `${target}.delayed`;
  const key = `#.${word(target)}`;
  return {
    exchanges: [],
    queues: [{ name: queue, arguments: timedArguments(delayUnit, target, capabilities) }],
    bindings: [
      { exchange: dueExchange, queue, key },
      { exchange: target, queue: unheardQueue, key },
    ],
  };
}

/** The highest level first, as in the key. */
const descending: readonly number[] = Array.from({ length: levels }, (_, index) => levels - 1 - index);

function levelName(level: number): string {
  return `delay.${delayUnit * 2 ** level}`;
}

function nextExchange(level: number): string {
  return level === 0 ? dueExchange : levelName(level - 1);
}

// One word of a key, whatever dots there are in the name. No event's name ends like that.
function word(target: string): string {
  return target.replaceAll('.', '/');
}
