import type { BrokerStatus } from '../broker.js';
import type { MethodArguments, MethodName } from '../codec/methods.js';
import type { Durability } from '../durability.js';
import type { Engine } from '../engine/engine.js';
import type { ActiveFaults } from '../server/faults.js';
import type { Pressure } from '../server/pressure.js';
import type { Handshake } from './handshake/handshake.js';
import type { Limits } from './handshake/limits.js';
import type { Credentials } from './handshake/login.js';
import type { Intake } from './intake.js';
import type { Outbox } from './outbox.js';

/** What all connections of a server share. */
export interface ServerContext {
  /** Its own, for as long as it runs. */
  readonly id: string;
  readonly engine: Engine;
  readonly vhost: string;
  readonly credentials: Credentials;
  readonly limits: Limits;
  readonly maxMessageBytes: number;
  readonly durability: Durability;
  readonly pressure: Pressure;
  readonly faults: ActiveFaults;
  /** What the server holds now. */
  readonly status: () => BrokerStatus;
  /** An error that is not the client's: a fault in this server. */
  internalError(error: unknown): void;
}

/** What a channel needs of the connection it is on. */
export interface ConnectionContext {
  readonly server: ServerContext;
  readonly outbox: Outbox;
  /** What was agreed when it was opened. */
  readonly handshake: Handshake;
  /** To be told of messages that come and go: it decides whether the client is read further. */
  readonly intake: Intake;
  send<N extends MethodName>(channel: number, name: N, args: MethodArguments<N>): void;
  /** The channel has confirms to send with the next flush. */
  confirmsReady(flush: () => void): void;
}
