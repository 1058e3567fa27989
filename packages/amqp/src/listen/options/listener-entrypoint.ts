import {
  type Config,
  ConfigError,
  type EntrypointDefinition,
  type Reception,
  type Route,
} from '@micro-framework/core';
import { deadLetterQueue } from '../../topology/dead-letters.js';
import type { EventInput } from '../delivery.js';
import { decode } from '../payload/decode.js';
import type { Batched, ListenerOptions } from './listener-options.js';
import { intakePlan, type ListenerPlan } from './listener-plan.js';
import { listenerFaults } from './option-faults.js';

/** Options of a listener as its decorator writes them down. */
export type WrittenOptions = ListenerOptions<never> & Partial<Batched>;

/** The part of a plan that the kind of listener decides. */
export type QueuePlan = Omit<ListenerPlan, 'prefetch' | 'priority' | 'batch'>;

/** What tells one kind of listener from another. */
export interface ListenerKind<Options extends WrittenOptions> {
  readonly kind: string;
  /** Its own options, beside those of every listener. */
  readonly optionNames: readonly (keyof Options & string)[];
  /** What is wrong with its own options. */
  check(options: Options): readonly string[];
  /** Name of the queue; where each instance has one, the name that they share. */
  nameOf(route: Route<Options>, config: Config): string;
  /** Where the messages of a listener come from. */
  plan(route: Route<Options>, config: Config): QueuePlan;
}

const commonNames = [
  'filter',
  'prefetch',
  'priority',
  'singleActive',
  'queueType',
  'queueOptions',
  'batch',
] as const;

/** The definition of a kind of listener. */
export function listenerEntrypoint<Options extends WrittenOptions>(
  own: ListenerKind<Options>,
): EntrypointDefinition<Options> {
  return {
    kind: own.kind,
    arity: 1,
    optionNames: [...commonNames, ...own.optionNames],
    check: (options) => [...own.check(options), ...listenerFaults(options)],
    claims: (route, config) => [`queue ${own.nameOf(route, config)}`],

    async create(context) {
      // The driver is for the main side only.
      const { Consumer } = await import('../consumer.js');
      const { route, config, capacity } = context;
      const queue = own.plan(route, config);
      checkLengths(queue, own.kind, route.target);
      return new Consumer(context, { ...queue, ...intakePlan(route.entrypoint.options, capacity) });
    },

    receive(input: unknown, options: Options): Reception {
      const payload = decode(input as EventInput);
      const filter = options.filter as ((payload: unknown) => unknown) | undefined;
      if (filter && !isWanted(filter(payload))) return { kind: 'filtered' };
      return { kind: 'call', args: [payload] };
    },

    receiveFailed: (input: unknown) => [decode(input as EventInput)],
  };
}

const longestName = 255;

// AMQP's names are 255 bytes long; those of the dead letters and of an instance's queue are longer than the one given.
function checkLengths({ queue, sharedName }: QueuePlan, kind: string, target: string): void {
  const longest = Math.max(
    ...[queue.name, deadLetterQueue(sharedName)].map((name) => Buffer.byteLength(name)),
  );
  if (longest <= longestName) return;
  throw ConfigError.of([
    `the queue of ${target} would be called ${queue.name}. With the name of its dead letters that is too long: ` +
      `give @${kind} the option queue.`,
  ]);
}

// A promise is always truthy: such a filter would let everything through.
function isWanted(verdict: unknown): boolean {
  if (typeof (verdict as PromiseLike<unknown> | undefined)?.then !== 'function') return Boolean(verdict);
  // Its own error would end the worker, and with it other calls.
  void Promise.resolve(verdict).catch(() => {});
  throw new TypeError(
    'the filter returned a promise: a filter is synchronous. Decide in the handler instead.',
  );
}
