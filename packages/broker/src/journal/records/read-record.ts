import type { ByteReader } from '../../codec/byte-reader.js';
import { readTable } from '../../codec/field-table.js';
import { type ExchangeType, matchers } from '../../engine/exchange/matcher.js';
import { type Message, messageFromBytes } from '../../engine/message/message.js';
import { type JournalRecord, type KeptBinding, kind, type Place } from './record.js';

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
