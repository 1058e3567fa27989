import type { Logger } from '@micro-framework/core';
import { failure, type RpcAnswer } from '@micro-framework/core/rpc';
import type { ConsumeMessage } from '../../connection/connection.js';
import type { Session } from '../../connection/session.js';
import { ConnectionLostError, PublishOverflowError } from '../../errors.js';
import type { AckWindow, Place } from '../../listen/ack-window.js';
import { Pauses } from '../../listen/pauses.js';
import { Subscription } from '../../listen/subscription.js';
import type { Publication } from '../../publish/publisher.js';
import type { ReadRequest, RequestQueue, ServedDialect } from './served-dialect.js';
import { unwritableIn } from './unwritable.js';

/** What an intake is made with. */
export interface IntakeParts {
  readonly session: Session;
  readonly dialect: ServedDialect;
  readonly queue: RequestQueue;
  /** Whose queue it is; undefined for that of the service. */
  readonly target: string | undefined;
  /** Requests in hand. Asked when it subscribes. */
  prefetch(): number;
  /** Runs what a message asks for. Never rejects. */
  run(request: ReadRequest, dialect: ServedDialect): RpcAnswer | Promise<RpcAnswer>;
  readonly log: Logger;
}

/** Milliseconds before a request goes back to its queue for which there is no room. */
const requeueDelay = 1_000;

/** Bytes. More may be more than the broker takes, and that would cost the channel. */
const largestDirect = 1024 * 1024;

/**
 * Takes the requests of one queue in one protocol. A request is acknowledged once the broker has its answer; one that was
 * not begun, and whose caller would not try again, goes back.
 *
 * That the broker has an answer for a queue it confirms. A direct one passes through no queue and is kept nowhere: it leaves
 * on the channel that the request came by, before the acknowledgement, and a confirm would say no more than that order does.
 */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #subscription: Subscription;
  readonly #open = new Set<Promise<void>>();
  #pauses = new Pauses();

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    const { session, dialect, queue, log } = parts;
    // What consumes must not publish: a broker short of memory would read its acks no more, and events would stand still.
    const connection = dialect.answers === 'direct' ? session.publishing : session.consuming;
    this.#subscription = new Subscription({
      queue: queue.name,
      get prefetch() {
        return parts.prefetch();
      },
      priority: 0,
      connection,
      declare: () => session.declareAgain(queue.topology),
      take: (message, window) => this.#take(message, window),
      ended: () => this.#letGo(),
      log,
    });
    session.watch(this.#subscription, connection);
  }

  /** True while the broker delivers. */
  get isActive(): boolean {
    return this.#subscription.isActive;
  }

  setup(): Promise<void> {
    return this.#parts.session.declare(this.#parts.queue.topology);
  }

  start(): Promise<void> {
    return this.#subscription.start();
  }

  /** Takes nothing more; what is in hand is answered. */
  async drain(): Promise<void> {
    try {
      await this.#subscription.stop();
    } finally {
      this.#pauses.end();
    }
  }

  /** Resolves when all that was taken is settled, and the broker knows. */
  async settled(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open);
    await this.#subscription.close();
  }

  #take(message: ConsumeMessage, window: AckWindow): void {
    const place = window.take(message);
    const work = this.#serve(message, window, place).catch((err: unknown) => {
      this.#parts.log.error({ err, queue: this.#parts.queue.name }, 'a request could not be answered');
      return window.ack(place);
    });
    this.#open.add(work);
    void work.then(() => this.#open.delete(work));
  }

  async #serve(message: ConsumeMessage, window: AckWindow, place: Place): Promise<void> {
    const { dialect, target, run } = this.#parts;
    let answer: RpcAnswer;
    try {
      const running = run(dialect.read(message, target), dialect);
      answer = running instanceof Promise ? await running : running;
    } catch (err) {
      answer = this.#unhandled(err);
    }
    if (wasNotBegun(answer) && !dialect.triesAgain) {
      await this.#pauses.wait(requeueDelay);
      window.requeue(place);
      return;
    }
    const sending = this.#answer(message, answer, window);
    if (sending) await sending;
    await window.ack(place);
  }

  #answer(message: ConsumeMessage, answer: RpcAnswer, window: AckWindow): Promise<void> | undefined {
    const { dialect } = this.#parts;
    const reply = this.#reply(message, answer);
    if (!reply) return undefined;
    const unwritable = unwritableIn(reply);
    if (unwritable !== undefined) {
      const { log, queue } = this.#parts;
      log.warn(
        { queue: queue.name },
        `a request is not answered: its ${unwritable} is longer than 255 bytes`,
      );
      return undefined;
    }
    const isDirect = dialect.answers === 'direct' && reply.body.byteLength <= largestDirect;
    // Without the channel the caller can still be answered.
    return isDirect && window.publish(reply) ? undefined : this.#confirmed(message, reply);
  }

  #reply(message: ConsumeMessage, answer: RpcAnswer): Publication | undefined {
    const { dialect } = this.#parts;
    try {
      return dialect.reply(message, answer);
    } catch (err) {
      return dialect.reply(message, this.#unhandled(err));
    }
  }

  /** What its caller is told of a request that made its handling throw: a fault of ours, whatever the request holds. */
  #unhandled(err: unknown): RpcAnswer {
    const { queue, log } = this.#parts;
    log.error({ err, queue: queue.name }, 'a request could not be handled: its caller is told');
    return failure('internal', 'the service could not handle this request');
  }

  async #confirmed(message: ConsumeMessage, reply: Publication): Promise<void> {
    const { dialect } = this.#parts;
    try {
      await this.#publish(reply);
    } catch (error) {
      // Neither would another leave, and it may be on the broker.
      if (error instanceof ConnectionLostError) throw error;
      // Too large, above all. Whoever waits is to know, and what tells it is small.
      const problem = failure('internal', `the answer cannot be sent: ${(error as Error).message}`);
      const instead = dialect.reply(message, problem);
      if (instead) await this.#publish(instead);
    }
  }

  /** Waits for room where there is none: how many answers do is bounded by the requests in hand. */
  async #publish(reply: Publication): Promise<void> {
    const { session } = this.#parts;
    try {
      await session.publish(reply);
    } catch (error) {
      if (!(error instanceof PublishOverflowError)) throw error;
      await session.publishAll([reply]);
    }
  }

  /** The channel has gone, and what was in hand with it: nothing is to wait for it. */
  #letGo(): void {
    this.#pauses.end();
    this.#pauses = new Pauses();
  }
}

function wasNotBegun(answer: RpcAnswer): boolean {
  return answer.kind === 'error' && (answer.failure === 'busy' || answer.failure === 'stopping');
}
