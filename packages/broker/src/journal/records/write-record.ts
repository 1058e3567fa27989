import type { ByteWriter } from '../../codec/byte-writer.js';
import { writeTable } from '../../codec/field-table.js';
import type { Binding } from '../../engine/exchange/binding.js';
import type { Exchange } from '../../engine/exchange/exchange.js';
import type { Entry } from '../../engine/queue/entry.js';
import type { Queue } from '../../engine/queue/queue.js';
import { kind } from './record.js';

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
