import type { IncomingMessage } from 'node:http';
import { Deadline, type Logger } from '@micro-framework/core';
import type { WebSocketLimits, WebSocketOptions } from '../options.js';

/** Whether a client may connect. */
export type Admission = { readonly kind: 'admitted'; readonly principal: unknown } | Refusal;

/** Why not, as HTTP says it. */
export interface Refusal {
  readonly kind: 'refused';
  readonly status: 401 | 403 | 404 | 408 | 429 | 500 | 503;
  readonly reason: string;
}

export function refused(status: Refusal['status'], reason: string): Refusal {
  return { kind: 'refused', status, reason };
}

/**
 * Whether pages of the request's origin may connect. A browser tells it of every page; other programs send none, or
 * whatever they like: it protects the users of browsers, not the server.
 */
export function isAllowedOrigin(
  { headers }: Pick<IncomingMessage, 'headers'>,
  origins: WebSocketOptions['origins'],
): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  if (origins === undefined) return URL.canParse(origin) && new URL(origin).host === host;
  return origins.some((allowed) =>
    typeof allowed === 'string' ? allowed === '*' || allowed === origin : allowed.test(origin),
  );
}

/** Asks `authenticate` who it is; nobody waits for that longer than a handshake may take. */
export async function identify(
  request: IncomingMessage,
  authenticate: WebSocketOptions['authenticate'],
  { handshakeTimeout }: WebSocketLimits,
  log: Logger,
): Promise<Admission> {
  if (!authenticate) return { kind: 'admitted', principal: undefined };
  try {
    let principal: unknown;
    const asked = Promise.resolve(authenticate(request)).then((told) => {
      // Handlers in workers get a copy: what cannot be copied is told here, not by each call.
      principal = structuredClone(told);
    });
    if (!(await Deadline.in(handshakeTimeout).within(asked)))
      return refused(408, 'authentication took too long');
    return principal === null || principal === undefined
      ? refused(401, 'authentication is required')
      : { kind: 'admitted', principal };
  } catch (err) {
    log.error({ err }, 'authenticate failed: the WebSocket client is refused');
    return refused(500, 'authentication failed');
  }
}
