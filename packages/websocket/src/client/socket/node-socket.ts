import { writeTogether } from '@micro-framework/core/rpc';
import { WebSocket } from 'ws';
import { largestAnswer } from '../../wire/message-size.js';
import type { RpcClientOptions } from '../options.js';
import { absentSocket } from './absent-socket.js';
import type { ClientSocket, OpenSocket, SocketEnd } from './socket.js';

const pingInterval = 25_000;
const handshakeTimeout = 10_000;
// Around a result there are an id and the names of both.
const maxPayload = largestAnswer + 64 * 1024;

/** Opens WebSockets of `ws`: they notice a server that is gone without a word, and what is sent in one turn is one write. */
export function nodeSocket({ headers = {}, ca }: Pick<RpcClientOptions, 'headers' | 'ca'>): OpenSocket {
  return (url, protocols, events) => {
    let socket: WebSocket;
    try {
      socket = new WebSocket(url, [...protocols], {
        headers,
        handshakeTimeout,
        maxPayload,
        perMessageDeflate: false,
        ...(ca !== undefined && { ca }),
      });
    } catch (error) {
      return absentSocket(events, (error as Error).message);
    }
    const life = watch(socket);
    let failure: SocketEnd | undefined;
    socket.on('upgrade', (response) => writeTogether(response.socket));
    socket.on('open', () => events.opened());
    socket.on('message', (data, isBinary) => {
      if (!isBinary) events.message(String(data));
    });
    socket.on('unexpected-response', (_request, { statusCode }) => {
      const reason = `the server answered ${statusCode}`;
      failure = { reason, unauthorized: statusCode === 401 || statusCode === 403 };
      socket.terminate();
    });
    socket.on('error', (error) => {
      failure ??= { reason: reasonOf(error), unauthorized: false };
    });
    socket.on('close', (code, reason) => {
      clearInterval(life);
      const text = reason.length === 0 ? '' : `: ${String(reason)}`;
      events.ended(failure ?? { reason: `closed with ${code}${text}`, unauthorized: false });
    });
    return {
      get protocol() {
        return socket.protocol;
      },
      get bufferedAmount() {
        return socket.bufferedAmount;
      },
      send: (text) => socket.send(text),
      close: () => close(socket),
    } satisfies ClientSocket;
  };
}

/** Pings the server; one that answers none of two is gone, whatever the system still believes. */
function watch(socket: WebSocket): NodeJS.Timeout {
  let misses = 0;
  const alive = (): void => {
    misses = 0;
  };
  for (const event of ['pong', 'ping', 'message']) socket.on(event, alive);
  const timer = setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (misses >= 2) socket.terminate();
    else socket.ping();
    misses += 1;
  }, pingInterval);
  return timer.unref();
}

function close(socket: WebSocket): void {
  socket.close(1000);
  // A server that does not say goodbye is not waited for.
  const timer = setTimeout(() => socket.terminate(), 1_000);
  socket.once('close', () => clearTimeout(timer));
}

const nobodyThere: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
]);

// Where a name has several addresses, Node tells of all of them.
function reasonOf(error: Error): string {
  const { errors } = error as { readonly errors?: readonly Error[] };
  const reason = error.message || (errors ?? []).map(({ message }) => message).join('; ') || error.name;
  const { code } = error as NodeJS.ErrnoException;
  return code !== undefined && nobodyThere.has(code)
    ? `${reason}. Does it run there? Check host and port.`
    : reason;
}
