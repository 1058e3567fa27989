import type { Socket } from 'node:net';
import type { InProcessStream } from '@micro-framework/broker';
import { Deadline } from '@micro-framework/core';
import { type ChannelModel, connect } from 'amqplib';
import { plainLogin } from './address/login.js';

// The driver connects to addresses only, while its connection takes any stream. Its classes are not exported, but what
// it returns is made of them: they are had from one connection by its address, once in a process.

/** The driver's end of a connection, as far as it is used here. */
interface DriverConnection {
  /** Says hello and logs in. */
  open(opening: object, opened: (error: Error | null) => void): void;
}

interface DriverClasses {
  readonly Connection: new (stream: InProcessStream) => DriverConnection;
  readonly Model: new (connection: DriverConnection) => ChannelModel;
}

/** How to connect. */
export interface InProcessOptions {
  /** With user, password, virtual host and, as a parameter, the heartbeat. */
  readonly uri: string;
  readonly connect: () => InProcessStream;
  /** Milliseconds. */
  readonly timeout: number;
  readonly clientProperties: object;
  readonly abandoned?: AbortSignal;
}

/** Connects to a broker of this thread without a socket; otherwise as the driver's own `connect`. */
export async function connectInProcess(options: InProcessOptions): Promise<ChannelModel> {
  const { Connection, Model } = await driverClasses(options);
  const stream = options.connect();
  const connection = new Connection(stream);
  return new Promise((resolve, reject) => {
    const abandon = (): void => void stream.destroy(new Error('abandoned'));
    const late = setTimeout(() => stream.destroy(new Error('connect ETIMEDOUT')), options.timeout);
    options.abandoned?.addEventListener('abort', abandon);
    connection.open(openingOf(options), (error) => {
      // At once: from here on its end is told to those who listen to the connection.
      clearTimeout(late);
      options.abandoned?.removeEventListener('abort', abandon);
      if (error) {
        stream.destroy();
        reject(error);
      } else resolve(new Model(connection));
    });
    if (options.abandoned?.aborted) abandon();
  });
}

let known: DriverClasses | undefined;

async function driverClasses({ uri, timeout, abandoned }: InProcessOptions): Promise<DriverClasses> {
  if (known) return known;
  const model = await connect(uri, {
    noDelay: true,
    timeout,
    credentials: plainLogin(uri),
    ...(abandoned && { signal: abandoned }),
  });
  // It says what it has to say by its end.
  model.on('error', () => {});
  const { connection } = model as unknown as { readonly connection: { readonly stream: Socket } };
  known = { Connection: connection.constructor, Model: model.constructor } as unknown as DriverClasses;
  // It may be gone already, and then the driver never answers.
  await Deadline.in(closeTimeout).within(model.close().catch(() => {}));
  connection.stream.destroy();
  return known;
}

const closeTimeout = 500;

/** What both sides agree on before the first channel, in the driver's terms. */
function openingOf({ uri, clientProperties }: InProcessOptions): object {
  const { pathname, searchParams } = new URL(uri);
  const login = plainLogin(uri);
  return {
    clientProperties: { ...clientProperties, capabilities },
    mechanism: login.mechanism,
    response: login.response(),
    locale: 'en_US',
    channelMax: 0,
    frameMax: largestFrame,
    heartbeat: Number(searchParams.get('heartbeat')),
    virtualHost: decodeURIComponent(pathname.slice(1)) || '/',
    capabilities: '',
    insist: 0,
  };
}

/** Bytes; as with the driver's own `connect`. */
const largestFrame = 128 * 1024;

/** What the driver understands. */
const capabilities = {
  publisher_confirms: true,
  exchange_exchange_bindings: true,
  'basic.nack': true,
  consumer_cancel_notify: true,
  'connection.blocked': true,
  authentication_failure_close: true,
};
