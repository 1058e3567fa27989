import { absentSocket } from './absent-socket.js';
import type { ClientSocket, OpenSocket } from './socket.js';

/** The parts of the standard's WebSocket that are used here: no types of browsers are needed to compile this. */
interface StandardSocket extends ClientSocket {
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
}

type StandardConstructor = new (url: string, protocols: string[]) => StandardSocket;

/** Opens the WebSocket that browsers have, and Node from 22 on. */
export const openWebSocket: OpenSocket = (url, protocols, events) => {
  const { WebSocket: Standard } = globalThis as { readonly WebSocket?: StandardConstructor };
  if (!Standard) return absentSocket(events, 'this environment has no WebSocket');
  let socket: StandardSocket;
  try {
    socket = new Standard(url, [...protocols]);
  } catch (error) {
    return absentSocket(events, (error as Error).message);
  }
  socket.onopen = () => events.opened();
  socket.onmessage = ({ data }) => {
    if (typeof data === 'string') events.message(data);
  };
  // Why a connection failed a browser tells no page; its console has it.
  socket.onclose = ({ code, reason }) => {
    events.ended({ reason: `closed with ${code}${reason === '' ? '' : `: ${reason}`}`, unauthorized: false });
  };
  return socket;
};
