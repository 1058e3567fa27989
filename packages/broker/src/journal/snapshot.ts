import type { FileHandle } from 'node:fs/promises';
import type { Engine } from '../engine/engine.js';
import { isKept } from '../engine/exchange/exchanges.js';
import type { Message } from '../engine/message/message.js';
import type { Entry } from '../engine/queue/entry.js';
import type { DataFolder } from './files/data-folder.js';
import { writeFully } from './files/write-fully.js';
import { Batch } from './records/batch.js';
import { writeRecord } from './records/write-record.js';

const sliceBytes = 256 * 1024;

/** Everything there is at one moment, taken at once and written little by little while the broker goes on. */
export class Snapshot {
  readonly #topology = new Batch();
  readonly #entries: Entry[][];

  constructor(engine: Engine) {
    const topology = this.#topology;
    const exchanges = [...engine.exchanges.byName.values()];
    for (const exchange of exchanges)
      if (exchange.settings.durable && !isBuiltIn(exchange.name))
        topology.append(writeRecord.exchange, exchange);
    for (const queue of engine.queues.byName.values())
      if (queue.kept) topology.append(writeRecord.queue, queue);
    for (const exchange of exchanges)
      for (const binding of exchange.bindings)
        if (isKept(binding)) topology.append(writeRecord.bound, binding);
    this.#entries = grouped(engine.keptEntries());
  }

  /** Writes it to a temporary file, makes that safe, and only then gives it its name. Returns its size. */
  async write(folder: DataFolder, number: number): Promise<number> {
    const file = await folder.create(folder.unfinished(number), 'w');
    let size: number;
    try {
      size = await this.#writeTo(file);
      await file.datasync();
    } finally {
      await file.close();
    }
    await folder.publish(number);
    return size;
  }

  async #writeTo(file: FileHandle): Promise<number> {
    let size = 0;
    const put = async (batch: Batch): Promise<void> => {
      if (batch.isEmpty) return;
      await writeFully(file, batch.seal(size), size);
      size += batch.size;
      batch.clear();
    };
    await put(this.#topology);
    const slice = new Batch();
    for (const sharers of this.#entries) {
      let isCopy = false;
      for (const entry of sharers) {
        if (entry.recordBytes === 0) continue; // it has left its queue meanwhile
        slice.append(isCopy ? writeRecord.copy : writeRecord.entry, entry);
        isCopy = true;
      }
      if (slice.size > sliceBytes) await put(slice);
    }
    await put(slice);
    return size;
  }
}

// A message that is in several queues is written once.
function grouped(entries: Iterable<Entry>): Entry[][] {
  const groups: Entry[][] = [];
  const shared = new Map<Message, Entry[]>();
  for (const entry of entries) {
    const there = shared.get(entry.message);
    if (there) there.push(entry);
    else {
      const group = [entry];
      groups.push(group);
      if (entry.message.holders > 1) shared.set(entry.message, group);
    }
  }
  return groups;
}

function isBuiltIn(name: string): boolean {
  return name === '' || name.startsWith('amq.');
}
