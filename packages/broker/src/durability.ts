/** Told when a batch of the journal is on disk, or could not be put there. */
export interface CommitListener {
  written(batch: number): void;
  failed(batch: number): void;
}

/** What the server asks a journal: which batch a record went into, and when that batch is safe. */
export interface Durability {
  /** Grows with every record, so that a publisher can tell whether its message caused one. */
  readonly records: number;
  /** The number of the batch that the latest record is in. */
  readonly batch: number;
  /** Bytes that are not on disk yet. */
  readonly backlog: number;
  /** Tells `listener` of the next commit, and of that one only. */
  notify(listener: CommitListener): void;
}

/** Nothing is kept, so nothing has to be waited for. */
export const noDurability: Durability = { records: 0, batch: 0, backlog: 0, notify() {} };
