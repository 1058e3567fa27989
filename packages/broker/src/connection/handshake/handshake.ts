import { AmqpError } from '../../amqp-error.js';
import type { Method } from '../../codec/methods.js';
import type { ConnectionContext } from '../context.js';
import { greetingOf, isCapable } from './capabilities.js';
import { type Limits, negotiate } from './limits.js';
import { assertLogin } from './login.js';

/** How far an answer of the client has brought the connection. */
export type Progress = 'logged-in' | 'tuned' | 'opened';

/** What is agreed before a connection is open, step by step: who is there, which limits, which virtual host. */
export class Handshake {
  /** Whose answer is awaited. */
  step: 'starting' | 'tuning' | 'opening' = 'starting';
  username = '';
  understandsBlocked = false;
  understandsCancel = false;
  /** The server's own until others are agreed on. */
  limits: Limits;

  constructor(readonly connection: Pick<ConnectionContext, 'server' | 'send'>) {
    this.limits = connection.server.limits;
  }

  begin(): void {
    this.connection.send(0, 'connection.start', greetingOf(this.connection.server.id));
  }

  /** Takes the client's answer to the step before, and asks for the next. */
  answer(method: Method): Progress {
    const { connection, step } = this;
    const { credentials, limits, vhost } = connection.server;
    if (method.name === 'connection.start-ok' && step === 'starting') {
      this.username = assertLogin(method.args, credentials);
      this.understandsBlocked = isCapable(method.args.clientProperties, 'connection.blocked');
      this.understandsCancel = isCapable(method.args.clientProperties, 'consumer_cancel_notify');
      this.step = 'tuning';
      connection.send(0, 'connection.tune', limits);
      return 'logged-in';
    }
    if (method.name === 'connection.tune-ok' && step === 'tuning') {
      this.limits = negotiate(limits, method.args);
      this.step = 'opening';
      return 'tuned';
    }
    if (method.name === 'connection.open' && step === 'opening') {
      if (method.args.vhost !== vhost)
        throw new AmqpError('NOT_ALLOWED', `vhost ${method.args.vhost} not found`);
      connection.send(0, 'connection.open-ok', { knownHosts: '' });
      return 'opened';
    }
    throw new AmqpError('CHANNEL_ERROR', `unexpected method in connection state ${step}`);
  }
}
