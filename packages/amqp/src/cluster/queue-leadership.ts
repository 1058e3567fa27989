import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Candidacy, Deadline, ExtensionContext, Leadership, Logger } from '@micro-framework/core';
import type { ConsumeMessage } from '../connection/connection.js';
import { type Session, session } from '../connection/session.js';
import { type Claim, claimMessage, electionQueue, electionTopology, readClaim } from './claim.js';
import { ClaimLog } from './claim-log.js';
import { Seat } from './seat.js';

/** How an election keeps its time, in milliseconds. */
export interface ElectionTiming {
  /** How long the broker may take to answer. */
  readonly patience: number;
  /**
   * Between two calls of an instance. The leader renews by it what it keeps unacked, long before the broker's
   * `consumer_timeout` of 30 minutes; and should the queue ever be empty, the calls tell the first in line that it leads.
   */
  readonly callInterval: number;
}

const callInterval = 30_000;

/**
 * - `idle`: before the start.
 * - `standing`: in line, or about to be; another instance may lead.
 * - `leading`: something was delivered to it. Until its channel closes.
 * - `stopped`: for good.
 */
type LeadershipState = 'idle' | 'standing' | 'leading' | 'stopped';

/** How a claim that was sent ended. */
type Answer =
  | { readonly kind: 'granted' | 'refused' }
  /** With why, unless it is only late. */
  | { readonly kind: 'unanswered'; readonly err?: unknown };

/** An election by a queue with a single active consumer; how it comes to agreement is told in `claim-log.ts`. */
export class QueueLeadership implements Leadership {
  readonly #candidacy: Candidacy;
  readonly #session: Session;
  readonly #log: Logger;
  readonly #queue: string;
  readonly #timing: ElectionTiming;
  readonly #sender = `${hostname()} ${process.pid}`;
  readonly #claims = new ClaimLog<() => void>();
  /** Who waits to hear whether a claim is the first for its moment. */
  readonly #asked = new Map<string, (isFirst: boolean) => void>();
  readonly #seat: Seat;
  #state: LeadershipState = 'idle';
  #caller: NodeJS.Timeout | undefined;
  #isCalling = false;

  constructor(
    candidacy: Candidacy,
    context: ExtensionContext,
    // A peer that is silent for two heartbeats is gone: what it has not answered it will not.
    timing: ElectionTiming = { patience: 2_000 * context.config.amqpHeartbeat, callInterval },
  ) {
    this.#candidacy = candidacy;
    this.#session = context.shared(session);
    this.#log = context.log;
    this.#queue = electionQueue(context.config.serviceName, candidacy.name);
    this.#timing = timing;
    this.#seat = new Seat({
      connection: this.#session.consuming,
      starting: this.#session.starting,
      queue: this.#queue,
      patience: timing.patience,
      topology: () => this.#topology(),
      seated: () => this.#call(),
      take: (message, ack) => this.#take(message, ack),
      unseated: () => this.#unseated(),
      log: this.#log,
    });
    this.#session.watch(this.#seat);
  }

  async setup(): Promise<void> {
    await this.#session.declare(this.#topology());
  }

  async start(): Promise<void> {
    this.#enter('standing');
    await this.#seat.start();
    this.#caller = setInterval(() => this.#call(), this.#timing.callInterval);
  }

  async stop(deadline: Deadline): Promise<void> {
    this.#enter('stopped');
    clearInterval(this.#caller);
    await deadline.within(this.#seat.stop());
  }

  async claim(at: Date): Promise<boolean> {
    const moment = at.getTime();
    if (this.#state !== 'leading' || moment <= this.#claims.latest) return false;
    const claim = this.#compose('claim', moment);
    const answer = await this.#answer(claim).finally(() => this.#asked.delete(claim.id));
    if (answer.kind === 'unanswered') await this.#stepDown(at, answer.err);
    return answer.kind === 'granted';
  }

  /** Sends a claim; it is granted once it has come back as the first and is confirmed, so that it is also on disk. */
  #answer(claim: Claim): Promise<Answer> {
    return new Promise((resolve) => {
      const late = setTimeout(resolve, this.#timing.patience, { kind: 'unanswered' });
      const settle = (answer: Answer): void => {
        clearTimeout(late);
        resolve(answer);
      };
      const confirmed = this.#send(claim).then(
        () => true,
        (err: unknown) => {
          settle({ kind: 'unanswered', err });
          return false;
        },
      );
      this.#asked.set(claim.id, (isFirst) => {
        if (!isFirst) settle({ kind: 'refused' });
        else void confirmed.then((isConfirmed) => isConfirmed && settle({ kind: 'granted' }));
      });
    });
  }

  #take(message: ConsumeMessage, ack: () => void): void {
    const claim = readClaim(message);
    if (!claim) {
      this.#log.warn(
        { queue: this.#queue },
        'a message that is no claim was dropped: nobody but the instances sends here',
      );
      ack();
      return;
    }
    const { isFirst, isAhead, settled } = this.#claims.read(claim, ack, Date.now());
    for (const done of settled) done();
    if (isAhead) {
      this.#log.error(
        { queue: this.#queue, moment: new Date(claim.moment), sender: claim.sender },
        'a tick of the future was claimed: the clock of its sender was fast, or the one of this machine is slow. No tick ' +
          'runs here before that moment; to have them sooner set the clocks right, then delete the queue',
      );
    }
    this.#asked.get(claim.id)?.(isFirst);
    if (this.#state === 'standing') this.#elected(message.fields.redelivered);
  }

  #elected(inherited: boolean): void {
    this.#enter('leading');
    this.#log.info({ timer: this.#candidacy.name }, 'this instance leads: it runs the ticks of this timer');
    // A quorum queue drops what comes back too often: what was taken over is renewed.
    if (inherited) this.#call();
    this.#candidacy.elected();
  }

  #unseated(): void {
    this.#claims.forgetDeliveries(Date.now());
    for (const answer of this.#asked.values()) answer(false);
    this.#asked.clear();
    if (this.#state !== 'leading') return;
    this.#enter('standing');
    this.#log.info({ timer: this.#candidacy.name }, 'this instance leads no longer');
  }

  /** Repeats the latest moment that was claimed. */
  #call(): void {
    if (this.#isCalling || this.#state === 'stopped') return;
    this.#isCalling = true;
    this.#send(this.#compose('call', this.#claims.latest))
      // The session tells of a broker that is away, and the next call is not far.
      .catch((err: unknown) => this.#log.debug({ err, queue: this.#queue }, 'a call to an election was lost'))
      .finally(() => {
        this.#isCalling = false;
      });
  }

  /** What can be read from the broker here, but not sent there, is better done by another instance. */
  async #stepDown(tick: Date, err: unknown): Promise<void> {
    if (this.#state !== 'leading') return;
    const fields = {
      timer: this.#candidacy.name,
      tick,
      patience: this.#timing.patience,
      ...(err !== undefined && { err }),
    };
    this.#log.warn(
      fields,
      'a tick was dropped: the broker did not grant it in time; another instance may lead',
    );
    await this.#seat.leave();
  }

  #send(claim: Claim): Promise<void> {
    return this.#session.publish(claimMessage(this.#queue, claim));
  }

  #compose(kind: Claim['kind'], moment: number): Claim {
    return { id: randomUUID(), kind, moment, sender: this.#sender };
  }

  #topology(): ReturnType<typeof electionTopology> {
    return {
      ...electionTopology(this.#queue, this.#session.capabilities),
      owner: `The cluster timer ${this.#candidacy.name}`,
    };
  }

  #enter(next: LeadershipState): void {
    if (this.#state === 'stopped') return;
    this.#log.debug({ timer: this.#candidacy.name, from: this.#state, to: next }, 'leadership state');
    this.#state = next;
  }
}
