import type { Clock } from '../../clock.js';
import type { DeathReason } from '../message/dead-letter.js';
import type { MemoryAccount } from '../message/memory-account.js';
import type { Store } from '../store.js';
import type { Entry } from './entry.js';
import type { Queue } from './queue.js';

/** What a queue needs of the engine around it. */
export interface QueueHost {
  readonly clock: Clock;
  readonly store: Store;
  readonly memory: MemoryAccount;
  /** The entry has left the queue and goes to the queue's dead-letter exchange. */
  bury(entry: Entry, reason: DeathReason): void;
  /** Runs one change to several queues: what dies in one of them goes on to another only when all are done. */
  atOnce(change: () => void): void;
  /** The queue has outlived its use: it expired, or its last consumer left. */
  discard(queue: Queue): void;
}
