import { ByteReader } from '../codec/byte-reader.js';
import type { Message } from '../engine/message/message.js';
import { readRecord } from './records/read-record.js';
import type { JournalRecord, KeptBinding } from './records/record.js';

export interface RecoveredEntry {
  readonly position: number;
  readonly message: Message;
  readonly expiresAt: number;
  redelivered: boolean;
  returns: number;
}

export type RecoveredExchange = Extract<JournalRecord, { kind: 'exchange' }>;

export interface RecoveredQueue extends Extract<JournalRecord, { kind: 'queue' }> {
  readonly entries: Map<number, RecoveredEntry>;
}

/** What the records add up to, read in order. A record that is applied twice changes nothing. */
export class Recovered {
  readonly exchanges = new Map<string, RecoveredExchange>();
  readonly queues = new Map<number, RecoveredQueue>();
  readonly #bindings = new Map<string, Map<string, KeptBinding>>();
  /** The broker was stopped in good order, so what it says of redelivery is the whole truth. */
  #clean = false;
  #last: Message | undefined;

  *bindings(): Generator<KeptBinding> {
    for (const bindings of this.#bindings.values()) yield* bindings.values();
  }

  applyAll(payload: Buffer): void {
    const reader = new ByteReader(payload);
    while (reader.left > 0) this.#apply(readRecord(reader, this.#last));
  }

  /** A broker takes over. After a crash nobody knows what had been delivered, and the flag means that it may have been. */
  start(): void {
    if (!this.#clean)
      for (const { entries } of this.queues.values())
        for (const entry of entries.values()) entry.redelivered = true;
    this.#clean = false;
  }

  #apply(record: JournalRecord): void {
    if (record.kind === 'started') {
      this.start();
      return;
    }
    this.#clean = record.kind === 'clean';
    switch (record.kind) {
      case 'exchange':
        this.exchanges.set(record.name, record);
        return;
      case 'exchangeGone':
        this.exchanges.delete(record.name);
        // Those that lead to it have records of their own, as those that lead to a queue have.
        this.#bindings.delete(record.name);
        return;
      case 'queue':
        if (!this.queues.has(record.id)) this.queues.set(record.id, { ...record, entries: new Map() });
        return;
      case 'queueGone':
        this.queues.delete(record.id);
        return;
      case 'bound':
        this.#bindingsOf(record.binding).set(idOf(record.binding), record.binding);
        return;
      case 'unbound':
        this.#bindingsOf(record.binding).delete(idOf(record.binding));
        return;
      case 'entry':
        this.#enter(record);
        return;
      case 'returned': {
        const entry = this.queues.get(record.place.queue)?.entries.get(record.place.position);
        if (entry) Object.assign(entry, { returns: record.returns, redelivered: true });
        return;
      }
      case 'removed':
        this.queues.get(record.place.queue)?.entries.delete(record.place.position);
    }
  }

  /** The bindings that leave the same exchange. */
  #bindingsOf({ source }: KeptBinding): Map<string, KeptBinding> {
    const there = this.#bindings.get(source);
    if (there) return there;
    const bindings = new Map<string, KeptBinding>();
    this.#bindings.set(source, bindings);
    return bindings;
  }

  #enter(record: Extract<JournalRecord, { kind: 'entry' }>): void {
    const { place, message = this.#last, expiresAt, redelivered, returns } = record;
    this.#last = message;
    const { position } = place;
    const entries = this.queues.get(place.queue)?.entries;
    if (message) entries?.set(position, { position, message, expiresAt, redelivered, returns });
  }
}

function idOf({ toQueue, destination, key, args }: KeptBinding): string {
  const fields = [...args].map(([name, field]) => [name, field.raw.toString('latin1')]);
  return JSON.stringify([toQueue, destination, key, fields.sort()]);
}
