import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { WebSocket } from 'ws';

/** A client that knows of no protocol: it sends texts and hears texts. */
export interface RawClient {
  readonly socket: WebSocket;
  /** Sends a text as it is, other values as JSON. */
  send(message: unknown): void;
  /** The next message that was not taken yet, as text. */
  next(): Promise<string>;
  /** The next message, parsed. */
  nextJson(): Promise<unknown>;
  /** Sends a message and takes the next one that comes. */
  ask(message: unknown): Promise<unknown>;
  /** Code and reason, once it is closed. */
  readonly closed: Promise<readonly [code: number, reason: string]>;
}

/** Connects, until the end of the test. */
export async function connectRaw(
  t: Pick<TestContext, 'after'>,
  url: string,
  {
    protocols = [],
    ...options
  }: {
    protocols?: string[];
    headers?: Record<string, string>;
    localAddress?: string;
    perMessageDeflate?: boolean;
  } = {},
): Promise<RawClient> {
  const socket = new WebSocket(url, protocols, { perMessageDeflate: false, ...options });
  t.after(() => socket.terminate());
  const heard: string[] = [];
  const waits: { resolve(text: string): void; reject(error: Error): void }[] = [];
  socket.on('message', (data) => {
    const wait = waits.shift();
    if (wait) wait.resolve(String(data));
    else heard.push(String(data));
  });
  const closed = new Promise<readonly [number, string]>((resolve) => {
    socket.on('close', (code, reason) => {
      resolve([code, String(reason)]);
      for (const wait of waits.splice(0)) wait.reject(new Error(`closed with ${code} ${reason}`));
    });
  });
  await once(socket, 'open');
  socket.on('error', () => {}); // told by the close
  const next = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const text = heard.shift();
      if (text !== undefined) resolve(text);
      else if (socket.readyState === WebSocket.CLOSED) reject(new Error('closed'));
      else waits.push({ resolve, reject });
    });
  const client: RawClient = {
    socket,
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    next,
    nextJson: async () => JSON.parse(await next()),
    ask: (message) => {
      client.send(message);
      return client.nextJson();
    },
  };
  return client;
}
