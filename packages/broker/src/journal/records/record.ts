import type { FieldTable } from '../../codec/field-table.js';
import type { ExchangeType } from '../../engine/exchange/matcher.js';
import type { Message } from '../../engine/message/message.js';

// These numbers are on disks: a new kind of record gets a new one.
export const kind = {
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
