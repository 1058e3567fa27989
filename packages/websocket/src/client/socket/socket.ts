/** A WebSocket, as far as a client needs one: that of browsers, or of `ws`. */
export interface ClientSocket {
  /** The subprotocol the server chose; empty for none. */
  readonly protocol: string;
  /** Bytes that are not on their way yet. */
  readonly bufferedAmount: number;
  /** Sends a text. */
  send(text: string): void;
  /** Says goodbye. */
  close(): void;
}

/** Why there is no connection, or no longer one. */
export interface SocketEnd {
  /** For messages: `connect ECONNREFUSED 127.0.0.1:8765`, `closed with 1001: the service stops`. */
  readonly reason: string;
  /** The server does not want this client: who it is, or where it comes from. Another try would end the same way. */
  readonly unauthorized: boolean;
}

/** What a socket tells its client. */
export interface SocketEvents {
  /** It is connected. */
  opened(): void;
  /** A text came. */
  message(text: string): void;
  /** It is closed, or could not be opened. Once, and the last. */
  ended(end: SocketEnd): void;
}

/** Opens a WebSocket. Never throws; what is wrong is told by `ended`, in a later turn. */
export type OpenSocket = (url: string, protocols: readonly string[], events: SocketEvents) => ClientSocket;
