import type { Broker, Faults } from '../broker.js';
import type { BrokerErrorCode } from '../broker-error.js';
import type { BrokerSettings } from '../options.js';

/** What may cross: everything but functions. */
export type ThreadSettings = Omit<BrokerSettings, 'clock' | 'onError'>;

export type Call =
  | { readonly target: 'broker'; readonly method: keyof Pick<Broker, 'status' | 'close'> }
  | { readonly target: 'faults'; readonly method: keyof Faults; readonly args: readonly unknown[] };

export interface Request {
  readonly id: number;
  readonly call: Call;
}

/** An error as data: classes do not survive the way. */
export interface Failure {
  readonly code: BrokerErrorCode | undefined;
  readonly message: string;
  readonly cause: unknown;
}

export type Report =
  | { readonly kind: 'started'; readonly url: string | undefined; readonly port: number }
  | { readonly kind: 'refused'; readonly failure: Failure }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: Failure }
  | { readonly kind: 'trouble'; readonly failure: Failure };
