import type { ByteReader } from '../codec/byte-reader.js';
import type { ByteWriter } from '../codec/byte-writer.js';
import { type FieldTable, readTable, writeTable } from '../codec/field-table.js';
import type { Binding } from '../engine/exchange/binding.js';
import type { Exchange } from '../engine/exchange/exchange.js';
import { type ExchangeType, matchers } from '../engine/exchange/matcher.js';
import { type Message, messageFromBytes } from '../engine/message/message.js';
import type { Entry } from '../engine/queue/entry.js';
import type { Queue } from '../engine/queue/queue.js';

// These numbers are on disks: a new kind of record gets a new one.
const kind = {
  exchange: 1,
  exchangeGone: 2,
  queue: 3,
  queueGone: 4,
  bound: 5,
  unbound: 6,
  entry: 7,
  copy: 8,
  returned: 9,
  removed: 10,
  clean: 11,
  started: 12,
} as const;

/** Where a message is: a queue by the journal's number for it, and the place in that queue. */
export interface Place {
  readonly queue: number;
  readonly position: number;
}

export interface KeptBinding {
  readonly source: string;
  readonly toQueue: boolean;
  readonly destination: string;
  readonly key: string;
  readonly args: FieldTable;
}

export type JournalRecord =
  | {
      kind: 'exchange';
      name: string;
      type: ExchangeType;
      autoDelete: boolean;
      internal: boolean;
      args: FieldTable;
    }
  | { kind: 'exchangeGone'; name: string }
  | { kind: 'queue'; id: number; name: string; autoDelete: boolean; args: FieldTable }
  | { kind: 'queueGone'; id: number }
  | { kind: 'bound' | 'unbound'; binding: KeptBinding }
  /** `message` is `undefined` for a copy: the message is that of the entry before. */
  | {
      kind: 'entry';
      place: Place;
      expiresAt: number;
      returns: number;
      redelivered: boolean;
      message: Message | undefined;
    }
  | { kind: 'returned'; place: Place; returns: number }
  | { kind: 'removed'; place: Place }
  /** The broker was stopped in good order after this. */
  | { kind: 'clean' }
  /** A broker has taken over here. */
  | { kind: 'started' };

/** Writes records one after the other; reading them needs no lengths, for each tells where it ends. */
export const writeRecord = {
  exchange(to: ByteWriter, { name, settings }: Exchange): void {
    to.octet(kind.exchange).shortstr(name).shortstr(settings.type);
    writeTable(to.octet((settings.autoDelete ? 1 : 0) | (settings.internal ? 2 : 0)), settings.args);
  },
  exchangeGone(to: ByteWriter, { name }: Exchange): void {
    to.octet(kind.exchangeGone).shortstr(name);
  },
  queue(to: ByteWriter, { storeId, name, settings }: Queue): void {
    writeTable(
      to
        .octet(kind.queue)
        .long(storeId)
        .shortstr(name)
        .octet(settings.autoDelete ? 1 : 0),
      settings.args,
    );
  },
  queueGone(to: ByteWriter, { storeId }: Queue): void {
    to.octet(kind.queueGone).long(storeId);
  },
  bound(to: ByteWriter, binding: Binding): void {
    writeBinding(to.octet(kind.bound), binding);
  },
  unbound(to: ByteWriter, binding: Binding): void {
    writeBinding(to.octet(kind.unbound), binding);
  },
  entry(to: ByteWriter, entry: Entry): void {
    writeEntry(to.octet(kind.entry), entry).longstr(entry.message.bytes);
  },
  /** The entry's message is that of the entry record before. */
  copy(to: ByteWriter, entry: Entry): void {
    writeEntry(to.octet(kind.copy), entry);
  },
  returned(to: ByteWriter, entry: Entry): void {
    writePlace(to.octet(kind.returned), entry).short(Math.min(entry.returns, 0xffff));
  },
  removed(to: ByteWriter, entry: Entry): void {
    writePlace(to.octet(kind.removed), entry);
  },
  clean(to: ByteWriter): void {
    to.octet(kind.clean);
  },
  started(to: ByteWriter): void {
    to.octet(kind.started);
  },
};

function writeBinding(to: ByteWriter, { source, destination, key, args }: Binding): void {
  to.shortstr(source.name)
    .octet(destination.kind === 'queue' ? 1 : 0)
    .shortstr(destination.name)
    .shortstr(key);
  writeTable(to, args);
}

function writeEntry(to: ByteWriter, entry: Entry): ByteWriter {
  return writePlace(to, entry)
    .double(entry.expiresAt)
    .short(Math.min(entry.returns, 0xffff))
    .octet(entry.redelivered ? 1 : 0);
}

function writePlace(to: ByteWriter, { queue, position }: Entry): ByteWriter {
  return to.long(queue.storeId).longlong(position);
}

/** Reads the next record; `before` is the latest message. Throws when there is none that makes sense. */
export function readRecord(from: ByteReader, before: Message | undefined): JournalRecord {
  const code = from.octet();
  switch (code) {
    case kind.exchange: {
      const [name, type, flags] = [from.shortstr(), from.shortstr(), from.octet()];
      if (!Object.hasOwn(matchers, type)) throw new Error(`unknown exchange type ${type}`);
      const settings = { autoDelete: (flags & 1) !== 0, internal: (flags & 2) !== 0 };
      return { kind: 'exchange', name, type: type as ExchangeType, ...settings, args: readTable(from) };
    }
    case kind.exchangeGone:
      return { kind: 'exchangeGone', name: from.shortstr() };
    case kind.queue: {
      const [id, name, flags] = [from.long(), from.shortstr(), from.octet()];
      return { kind: 'queue', id, name, autoDelete: (flags & 1) !== 0, args: readTable(from) };
    }
    case kind.queueGone:
      return { kind: 'queueGone', id: from.long() };
    case kind.bound:
    case kind.unbound:
      return { kind: code === kind.bound ? 'bound' : 'unbound', binding: readBinding(from) };
    case kind.entry:
    case kind.copy: {
      const place = readPlace(from);
      const expiresAt = from.double();
      const returns = from.short();
      const redelivered = from.octet() === 1;
      const message = code === kind.copy ? undefined : messageFromBytes(Buffer.from(from.longstr()), before);
      return { kind: 'entry', place, expiresAt, returns, redelivered, message };
    }
    case kind.returned:
      return { kind: 'returned', place: readPlace(from), returns: from.short() };
    case kind.removed:
      return { kind: 'removed', place: readPlace(from) };
    case kind.clean:
      return { kind: 'clean' };
    case kind.started:
      return { kind: 'started' };
  }
  throw new Error(`unknown kind of record ${code}`);
}

function readPlace(from: ByteReader): Place {
  return { queue: from.long(), position: from.longlong() };
}

function readBinding(from: ByteReader): KeptBinding {
  const [source, toQueue, destination, key] = [
    from.shortstr(),
    from.octet() === 1,
    from.shortstr(),
    from.shortstr(),
  ];
  return { source, toQueue, destination, key, args: readTable(from) };
}
