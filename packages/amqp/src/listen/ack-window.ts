import { Chain, type Linked } from '../chain.js';
import type { ConsumeMessage, OpenChannel } from '../connection/connection.js';
import type { Publication } from '../publish/publisher.js';
import { Pauses } from './pauses.js';

/** A delivery's place among those of its channel that are not settled. */
export interface Place extends Linked<Place> {
  readonly message: ConsumeMessage;
}

/**
 * The deliveries of one channel that are not settled. What is acknowledged in one turn of the event loop goes out
 * together at its end: in one frame, with `multiple`, as far as all that was delivered earlier is settled, too; each by
 * itself from the first delivery on that is not.
 */
export class AckWindow {
  /** Of what was delivered here: they end with the channel, or when nothing more is delivered. */
  readonly pauses = new Pauses();
  readonly #link: OpenChannel;
  /** In the order they were delivered. */
  readonly #unsettled = new Chain<Place>();
  #due: ConsumeMessage[] = [];
  #endOfTurn: Promise<void> | undefined;

  constructor(link: OpenChannel) {
    this.#link = link;
    void link.closed.then(() => this.pauses.end());
  }

  /** False once the channel has gone, and with it all that was to be settled on it. */
  get isOpen(): boolean {
    return this.#link.isOpen();
  }

  /** How many are not settled. */
  get size(): number {
    return this.#unsettled.size;
  }

  /** Takes a delivery in. Called for each of the channel, in their order, before anything else is done with it. */
  take(message: ConsumeMessage): Place {
    const place: Place = { message, before: undefined, after: undefined };
    this.#unsettled.append(place);
    return place;
  }

  /**
   * Publishes on the channel of the deliveries, without a confirm: the broker has it before it hears of any acknowledgement
   * that is sent later. False where the channel has gone.
   */
  publish({ exchange, routingKey, body, properties }: Publication): boolean {
    if (!this.isOpen) return false;
    try {
      this.#link.channel.publish(exchange, routingKey, body, properties);
      return true;
    } catch (error) {
      // The channel is closing.
      if ((error as Error).name === 'IllegalOperationError') return false;
      throw error;
    }
  }

  /** The broker is to forget the delivery. Resolves at the end of this turn, when it has been told. */
  ack(place: Place): Promise<void> {
    this.#unsettled.remove(place);
    this.#due.push(place.message);
    this.#endOfTurn ??= new Promise((resolve) => {
      // Once all that follows from one read of the socket, or from one message of a worker, is done.
      process.nextTick(() => {
        this.#flush();
        resolve();
      });
    });
    return this.#endOfTurn;
  }

  /** The broker is to deliver it again. */
  requeue(place: Place): void {
    this.#unsettled.remove(place);
    this.#send(() => this.#link.channel.nack(place.message, false, true));
  }

  /** The broker is to deliver it again, and to count that as a failure, for which some queues have a pause. */
  fail(place: Place): void {
    this.#unsettled.remove(place);
    this.#send(() => this.#link.channel.reject(place.message, true));
  }

  #flush(): void {
    const due = this.#due;
    this.#due = [];
    this.#endOfTurn = undefined;
    this.#send(() => this.#acknowledge(due));
  }

  #acknowledge(due: readonly ConsumeMessage[]): void {
    const { channel } = this.#link;
    const oldest = this.#unsettled.first;
    const unsettled = oldest ? tagOf(oldest.message) : Number.POSITIVE_INFINITY;
    let last: ConsumeMessage | undefined;
    let together = 0;
    for (const message of due) {
      if (tagOf(message) > unsettled) {
        channel.ack(message);
        continue;
      }
      together += 1;
      if (!last || tagOf(message) > tagOf(last)) last = message;
    }
    // The broker knows that one still: a tag that is settled already would cost the channel.
    if (last) channel.ack(last, together > 1);
  }

  // Late, after the channel has gone, it is dropped: the broker has put the message back, and its tag means another
  // message, or none, on the next channel.
  #send(send: () => void): void {
    if (!this.isOpen) return;
    try {
      send();
    } catch {
      // The channel is closing.
    }
  }
}

function tagOf({ fields }: ConsumeMessage): number {
  return fields.deliveryTag;
}
