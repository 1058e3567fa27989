import { fileURLToPath } from 'node:url';
import type { Ending, EntrypointContext, Extension, HealthReport, Route } from '@micro-framework/core';
import type { ConsumeMessage } from '../connection/connection.js';
import { type Session, session } from '../connection/session.js';
import { deadLetterQueue, deadLetterTopology } from '../topology/dead-letters.js';
import { listenerTopology } from '../topology/listener-topology.js';
import { joined, type Topology } from '../topology/topology.js';
import type { AckWindow } from './ack-window.js';
import { Batcher } from './batcher.js';
import { Delivery } from './delivery.js';
import type { ListenerPlan } from './options/listener-plan.js';
import { type RetryStrategy, retryStrategy } from './retry/retry-strategy.js';
import { type SettlementParts, settle, settleHere } from './settlement.js';
import { Subscription } from './subscription.js';
import { temporaryQueues } from './temporary-queues.js';

/** What a consumer needs of its entrypoint, whatever kind of listener that is. */
export interface ConsumerContext extends Omit<EntrypointContext, 'route'> {
  readonly route: Pick<Route, 'target' | 'file' | 'backOff'>;
}

/** The main-side half of one listener: takes deliveries from its queue, dispatches them, settles them. */
export class Consumer implements Extension {
  readonly #context: ConsumerContext;
  readonly #plan: ListenerPlan;
  readonly #session: Session;
  readonly #subscription: Subscription;
  /** Of a retry strategy with a queue of its own. */
  #retries: Subscription | undefined;
  #retry: RetryStrategy | undefined;
  readonly #batcher: Batcher<Delivery> | undefined;

  constructor(context: ConsumerContext, plan: ListenerPlan) {
    this.#context = context;
    this.#plan = plan;
    this.#session = context.shared(session);
    this.#batcher = plan.batch && new Batcher(plan.batch, (deliveries) => this.#dispatchBatch(deliveries));
    if (plan.isTemporary) context.shared(temporaryQueues).add(plan.queue.name);
    this.#subscription = this.#subscriptionTo(plan.queue.name);
  }

  /** Declares all that a message of this listener may need on its way. */
  async setup(): Promise<void> {
    const { capabilities } = this.#session;
    const { config, route } = this.#context;
    this.#retry = retryStrategy({ route, plan: this.#plan, config, capabilities });
    if (this.#retry.intake !== undefined) this.#retries = this.#subscriptionTo(this.#retry.intake);
    await this.#session.declare(this.#topology());
  }

  /** Subscribes. Deliveries may come before this has returned. */
  async start(): Promise<void> {
    await this.#subscription.start();
    await this.#retries?.start();
  }

  /** Takes no more deliveries; those in hand are settled as their calls end. */
  async stop(): Promise<void> {
    try {
      await Promise.all([this.#subscription.stop(), this.#retries?.stop()]);
    } finally {
      this.#batcher?.flush();
    }
  }

  health(): HealthReport {
    const own = this.#subscription.health();
    const retries = this.#retries?.health();
    return own.status === 'up' && retries ? retries : own;
  }

  #subscriptionTo(queue: string): Subscription {
    const subscription = new Subscription({
      queue,
      prefetch: this.#plan.prefetch,
      priority: this.#plan.priority,
      isForAll: this.#isForAll,
      connection: this.#session.consuming,
      starting: this.#session.starting,
      declare: () => this.#session.declareAgain(this.#topology()),
      take: (message, window) => this.#take(message, window, queue),
      log: this.#context.log,
    });
    this.#session.watch(subscription);
    return subscription;
  }

  get #isForAll(): boolean {
    const { arguments: given, foreign } = this.#plan.queue;
    return !foreign && !given['x-single-active-consumer'] && this.#context.config.delayStrategy !== 'native';
  }

  #topology(): Topology {
    const { capabilities } = this.#session;
    const { queue, sharedName } = this.#plan;
    const { topology, queueArguments } = this.#strategy();
    const own = { ...queue, arguments: { ...queueArguments, ...queue.arguments } };
    const wanted = joined(
      listenerTopology({ ...this.#plan, queue: own }, capabilities),
      deadLetterTopology(sharedName),
      topology,
    );
    return { ...wanted, owner: ownerOf(this.#context) };
  }

  #strategy(): RetryStrategy {
    if (!this.#retry)
      throw new Error(`the consumer of ${this.#plan.queue.name} was used before it was set up`);
    return this.#retry;
  }

  #take(delivered: ConsumeMessage, window: AckWindow, from: string): void {
    const { message, unreadable } = this.#strategy().read(delivered, from);
    const delivery = new Delivery(message, this.#plan.queue.name, window, unreadable);
    if (this.#batcher) this.#batcher.add(delivery);
    else void this.#dispatch(delivery);
  }

  async #dispatch(delivery: Delivery): Promise<void> {
    try {
      await this.#context.dispatch(delivery.toRequest(), (ending) => this.#settle(delivery, ending));
    } catch (error) {
      this.#unsettled([delivery], error);
    }
  }

  #dispatchBatch(gathered: readonly Delivery[]): void {
    // While they were gathered their channel may have gone, and the broker has taken them back.
    const deliveries = gathered.filter(({ isOpen }) => isOpen);
    if (deliveries.length === 0) return;
    const requests = deliveries.map((delivery) => delivery.toRequest());
    this.#context
      .dispatchBatch(requests, (ending, index) => this.#settle(deliveries[index] as Delivery, ending))
      .catch((error) => this.#unsettled(deliveries, error));
  }

  #settle(delivery: Delivery, ending: Ending): Promise<void> {
    const how = this.#plan.isTemporary ? settleHere : settle;
    return how(delivery, ending, this.#settlement());
  }

  #unsettled(deliveries: readonly Delivery[], err: unknown): void {
    const queue = this.#plan.queue.name;
    this.#context.log.error({ err, queue }, 'a delivery could not be settled');
    for (const delivery of deliveries) delivery.requeue();
  }

  #settlement(): SettlementParts {
    return {
      deadLetters: deadLetterQueue(this.#plan.sharedName),
      publish: (publication) => this.#session.publish(publication),
      declareAgain: () => this.#session.declareAgain(this.#topology()),
      retry: this.#strategy(),
      log: this.#context.log,
    };
  }
}

function ownerOf({ route: { target, file } }: ConsumerContext): string {
  if (file === undefined) return target;
  return `${target} (${file.startsWith('file:') ? fileURLToPath(file) : file})`;
}
