import type { ClientSocket, SocketEvents } from './socket.js';

/** What stands for a socket that could not even be made: it tells why, in a later turn. */
export function absentSocket(events: SocketEvents, reason: string): ClientSocket {
  setTimeout(() => events.ended({ reason, unauthorized: false }), 0);
  return { protocol: '', bufferedAmount: 0, send: () => {}, close: () => {} };
}
