import type { Config, Ending, Route } from '@micro-framework/core';
import type { Capabilities } from '../../connection/capabilities.js';
import type { ConsumeMessage, Options } from '../../connection/connection.js';
import type { Headers } from '../../headers.js';
import type { Arguments, Topology } from '../../topology/topology.js';
import type { Delivery } from '../delivery.js';
import type { ListenerPlan } from '../options/listener-plan.js';
import { pluginRetry } from './plugin-retry.js';
import { queueRetry } from './queue-retry.js';
import { waitRetry } from './wait-retry.js';

/** How the messages of one listener come to their next attempt. */
export interface RetryStrategy {
  /** What it needs on the broker, beside what the listener has anyway. */
  readonly topology: Topology;
  /** Arguments that the listener's queue is declared with for it. */
  readonly queueArguments: Arguments;
  /** Another queue to consume: the one where messages arrive that have waited. */
  readonly intake: string | undefined;
  /** How this delivery gets there. */
  step(delivery: Delivery, retry: Retry, now: number): RetryStep;
  /** The message as this framework's own copies are, from whichever queue it came. */
  read(message: ConsumeMessage, queue: string): Received;
}

export type Retry = Extract<Ending, { kind: 'retry' }>;

export type RetryStep =
  /** A copy is published and takes its place; `hold` milliseconds before, it waits in hand. */
  | { readonly kind: 'copy'; readonly copy: Copy; readonly hold: number }
  /** The broker takes it back as failed, and delivers it again in its own time. */
  | { readonly kind: 'return' };

/** What takes the place of a delivery: the same message, but for this. */
export interface Copy {
  readonly exchange: string;
  readonly routingKey: string;
  /** The framework's headers, beside those of its sender. */
  readonly headers: Headers;
  /** Default: the body as it came. */
  readonly body?: Buffer;
  /** Properties that are not those of the delivery. */
  readonly properties?: Options.Publish;
}

export interface Received {
  readonly message: ConsumeMessage;
  /** Why it cannot be handled, if it cannot. */
  readonly unreadable?: string;
}

/** What the choice depends on. */
export interface RetryParts {
  readonly route: Pick<Route, 'target' | 'backOff'>;
  readonly plan: ListenerPlan;
  readonly config: Config;
  readonly capabilities: Capabilities;
}

/** The way that the service is set to, where it can be gone; else the wait queues. */
export function retryStrategy(parts: RetryParts): RetryStrategy {
  const { route, plan, config } = parts;
  // Without retries nothing waits; messages of an instance's own queue wait in hand, for it might not come back.
  if (!route.backOff || plan.isTemporary) return waitRetry(parts, undefined);
  const chosen = { plugin: pluginRetry, native: queueRetry, queues: () => undefined }[config.delayStrategy];
  return chosen(parts, route.backOff) ?? waitRetry(parts, route.backOff);
}
