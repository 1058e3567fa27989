/** The reply codes of AMQP 0-9-1 that this server sends, by the name RabbitMQ puts in front of the text. */
export const replyCodes = {
  NO_ROUTE: 312,
  CONNECTION_FORCED: 320,
  ACCESS_REFUSED: 403,
  NOT_FOUND: 404,
  RESOURCE_LOCKED: 405,
  PRECONDITION_FAILED: 406,
  FRAME_ERROR: 501,
  SYNTAX_ERROR: 502,
  COMMAND_INVALID: 503,
  CHANNEL_ERROR: 504,
  UNEXPECTED_FRAME: 505,
  NOT_ALLOWED: 530,
  NOT_IMPLEMENTED: 540,
  INTERNAL_ERROR: 541,
} as const;

export type ReplyName = keyof typeof replyCodes;

const channelErrors: ReadonlySet<ReplyName> = new Set([
  'ACCESS_REFUSED',
  'NOT_FOUND',
  'RESOURCE_LOCKED',
  'PRECONDITION_FAILED',
]);

/** What the client did wrong, told to it as RabbitMQ would. The code alone decides what is closed. */
export class AmqpError extends Error {
  readonly code: number;
  /** 'channel': the rest of the connection lives on. 'connection': all of it ends. */
  readonly scope: 'channel' | 'connection';

  constructor(name: ReplyName, detail: string) {
    super(`${name} - ${detail}`);
    this.code = replyCodes[name];
    this.scope = channelErrors.has(name) ? 'channel' : 'connection';
  }
}

/** Credentials are refused before there is a channel, so this one 403 ends the connection. */
export class LoginRefused extends AmqpError {
  override readonly scope = 'connection';
}
