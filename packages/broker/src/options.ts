import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { BrokerError } from './broker-error.js';
import { type Clock, systemClock } from './clock.js';
import { smallestFrameMax } from './codec/frame.js';

/** How to start a broker. Everything has a default. */
export interface BrokerOptions {
  /** `memory://` keeps nothing; `file:///dir` keeps durable queues and persistent messages there. Default `memory://`. */
  readonly storage?: string;
  /** TCP port; 0, the default, takes a free one. */
  readonly port?: number;
  /** Address to listen on. Default `127.0.0.1`: other machines cannot connect. */
  readonly host?: string;
  /** Path of a Unix socket to listen on instead of a port. */
  readonly socketPath?: string;
  /** Default `guest`. */
  readonly username?: string;
  /** Default: a random one, which `Broker.url` tells. */
  readonly password?: string;
  /** The one virtual host. Default `/`. */
  readonly vhost?: string;
  /** Bytes that messages may take in memory before publishers are blocked. Default 256 MiB. */
  readonly maxBytes?: number;
  /** Bytes of the largest message body taken. Default 128 MiB. */
  readonly maxMessageBytes?: number;
  /** Bytes of the largest frame, offered to clients. Default 131,072. */
  readonly frameMax?: number;
  /** Channels a connection may open. Default 2,047. */
  readonly channelMax?: number;
  /** Seconds between heartbeats, offered to clients; 0 for none. Default 60. */
  readonly heartbeat?: number;
  /**
   * What a confirm of a persistent message means. `data`, the default: it is on the disk. `os`: the operating system
   * has it, so that it survives the process but perhaps not a power cut.
   */
  readonly fsync?: 'data' | 'os';
  /** Bytes of journal that make it worth rewriting, once half of them are of no use. Default 64 MiB. */
  readonly compactAt?: number;
  /**
   * Run the broker in a thread of its own, so that work in this one cannot hold it up. Default: `true` for `file://`,
   * unless `clock` is given, which a thread cannot share; `false` for `memory://`.
   */
  readonly thread?: boolean;
  /** The time that message and queue expiry live by. Default: the machine's. */
  readonly clock?: Clock;
  /** Told of errors inside the broker and of a journal that cannot be written or is gone. Default: `process.emitWarning`. */
  readonly onError?: (error: Error) => void;
}

/** The options with every default filled in; `dataDir` is `undefined` where nothing is kept. */
export interface BrokerSettings extends Required<Omit<BrokerOptions, 'storage' | 'socketPath'>> {
  readonly dataDir: string | undefined;
  readonly socketPath: string | undefined;
}

const mebibyte = 1024 * 1024;

export function readOptions(options: BrokerOptions): BrokerSettings {
  const { storage = 'memory://', socketPath, ...given } = options;
  const settings: BrokerSettings = {
    port: 0,
    host: '127.0.0.1',
    username: 'guest',
    password: given.password ?? randomBytes(18).toString('base64url'),
    vhost: '/',
    maxBytes: 256 * mebibyte,
    maxMessageBytes: 128 * mebibyte,
    frameMax: 131_072,
    channelMax: 2_047,
    heartbeat: 60,
    fsync: 'data',
    compactAt: 64 * mebibyte,
    thread: given.clock === undefined && /^file:/.test(storage),
    clock: systemClock,
    onError: (error) => process.emitWarning(error),
    ...defined(given),
    dataDir: readStorage(storage),
    socketPath,
  };
  assertWithin('port', settings.port, 0, 65_535);
  assertWithin('maxBytes', settings.maxBytes, 1, Number.MAX_SAFE_INTEGER);
  assertWithin('maxMessageBytes', settings.maxMessageBytes, 0, 512 * mebibyte);
  assertWithin('frameMax', settings.frameMax, smallestFrameMax, 2 ** 31);
  assertWithin('channelMax', settings.channelMax, 1, 65_535);
  assertWithin('heartbeat', settings.heartbeat, 0, 65_535);
  assertWithin('compactAt', settings.compactAt, 1, Number.MAX_SAFE_INTEGER);
  if (settings.thread && settings.clock !== systemClock)
    throw bad('thread', true, 'false where a clock is given');
  if (settings.fsync !== 'data' && settings.fsync !== 'os')
    throw bad('fsync', settings.fsync, "'data' or 'os'");
  return settings;
}

function readStorage(storage: string): string | undefined {
  if (/^memory:/.test(storage)) return undefined;
  // Of `file:data` a URL makes `/data`, which nobody means.
  if (!/^file:\/\/(?:localhost)?\//.test(storage))
    throw bad('storage', storage, "'memory://' or 'file:///an/absolute/directory'");
  try {
    return fileURLToPath(storage);
  } catch (cause) {
    throw bad(
      'storage',
      storage,
      "a file URL with an absolute path, like 'file:///var/lib/my-service'",
      cause,
    );
  }
}

function assertWithin(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw bad(name, value, `a whole number from ${least} to ${most}`);
}

function bad(name: string, value: unknown, wanted: string, cause?: unknown): BrokerError {
  const message = `startBroker: option '${name}' is ${JSON.stringify(value)}; give ${wanted}`;
  return new BrokerError('BROKER_BAD_OPTION', message, { cause });
}

// An option given as `undefined` means its default.
function defined<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T;
}
