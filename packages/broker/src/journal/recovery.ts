import { BrokerError } from '../broker-error.js';
import type { Engine } from '../engine/engine.js';
import { Entry } from '../engine/queue/entry.js';
import { readBatches } from './files/batch-file.js';
import type { DataFolder } from './files/data-folder.js';
import { Recovered, type RecoveredQueue } from './recovered.js';

/** Where the journal goes on. */
export interface Resumption {
  readonly segment: number;
  /** Bytes of that segment that are sound; what is behind them is a torn tail. */
  readonly soundBytes: number;
  /** Bytes in all files. */
  readonly totalBytes: number;
  readonly lastQueueId: number;
}

/**
 * Reads a folder's files and puts what they say into an empty engine. A batch that is unfinished at the very end was
 * never confirmed and is left out; damage anywhere else is an error, because confirmed messages would be missing.
 */
export function recover(folder: DataFolder, engine: Engine, tolerant: boolean): Resumption {
  const { snapshot, segments } = folder.contents();
  const recovered = new Recovered();
  let totalBytes = 0;
  let soundBytes = 0;
  const read = (path: string, mayBeTorn: boolean): void => {
    const file = readBatches(path, (payload, at) => {
      try {
        recovered.applyAll(payload);
      } catch (cause) {
        throw damaged(path, at, cause);
      }
    });
    if (file.end !== 'sound' && !(mayBeTorn && (file.end === 'torn' || tolerant)))
      throw damaged(path, file.soundBytes);
    soundBytes = file.soundBytes;
    totalBytes += file.soundBytes;
  };
  if (snapshot !== undefined) read(folder.snapshot(snapshot), false);
  soundBytes = 0;
  for (const [at, segment] of segments.entries()) read(folder.segment(segment), at === segments.length - 1);
  recovered.start();
  const lastQueueId = restore(recovered, engine);
  // All that counts has been read. What else a crash in the middle of a rewriting has left only takes room.
  if (snapshot !== undefined) folder.removeBefore(snapshot);
  folder.removeUnfinished();
  return { segment: segments.at(-1) ?? snapshot ?? 1, soundBytes, totalBytes, lastQueueId };
}

function restore(recovered: Recovered, engine: Engine): number {
  const { exchanges, queues } = engine;
  for (const { name, type, autoDelete, internal, args } of recovered.exchanges.values())
    exchanges.declare(name, { type, durable: true, autoDelete, internal, args });
  let lastQueueId = 0;
  for (const kept of recovered.queues.values()) {
    restoreQueue(kept, engine);
    lastQueueId = Math.max(lastQueueId, kept.id);
  }
  for (const { source, toQueue, destination, key, args } of recovered.bindings()) {
    const target = toQueue ? queues.byName.get(destination) : exchanges.byName.get(destination);
    if (target && exchanges.byName.has(source)) exchanges.bind(target, source, key, args);
  }
  return lastQueueId;
}

function restoreQueue(kept: RecoveredQueue, { queues }: Engine): void {
  const { id, name, autoDelete, args } = kept;
  const queue = queues.create(name, { durable: true, exclusive: false, autoDelete, args }, undefined);
  queue.storeId = id;
  const entries = [...kept.entries.values()].sort((a, b) => a.position - b.position);
  for (const { message, position, expiresAt, redelivered, returns } of entries) {
    const entry = new Entry(queue, message, position, expiresAt);
    entry.returns = returns;
    entry.redelivered = redelivered;
    entry.recordBytes = message.bytes.length;
    queue.recover(entry);
  }
}

function damaged(path: string, at: number, cause?: unknown): BrokerError {
  const message =
    `${path} is damaged at byte ${at}: records that were confirmed cannot be read; restore the directory from a copy, ` +
    'or move the file away to go on without what it holds';
  return new BrokerError('BROKER_DATA_DAMAGED', message, { cause });
}
