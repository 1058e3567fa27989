import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BrokerOptions } from '@micro-framework/broker';
import type { OptionValues } from '../options.js';
import { UsageError } from '../usage-error.js';

type Environment = Readonly<Record<string, string | undefined>>;

const defaults = { port: 5672, host: '127.0.0.1', user: 'guest', password: 'guest' } as const;

/** The broker that the options ask for. */
export function readServeOptions(values: OptionValues, environment: Environment): BrokerOptions {
  const { host, port, username, password } = readEndpoint(values, environment);
  const storage = readStorage(values);
  return {
    host,
    port,
    username,
    ...(storage !== undefined && { storage }),
    // Guest's well-known password is for this machine alone, as with RabbitMQ.
    ...((password !== undefined || isLoopback(host)) && { password: password ?? defaults.password }),
  };
}

/** Where the broker that the options mean is found. */
export function readAddress(values: OptionValues, environment: Environment): string {
  const { host, port, username, password = defaults.password } = readEndpoint(values, environment);
  const address = host.includes(':') ? `[${host}]` : host;
  const user = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  return readStorage(values) ?? `amqp://${user}@${address}:${port}`;
}

interface BrokerEndpoint {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** `undefined` where none was given. */
  readonly password: string | undefined;
}

function readEndpoint(values: OptionValues, environment: Environment): BrokerEndpoint {
  return {
    host: text(values.host) ?? defaults.host,
    port: readPort(text(values.port)),
    username: text(values.user) ?? defaults.user,
    password: text(values.password) ?? (environment.BROKER_PASSWORD || undefined),
  };
}

function readPort(given: string | undefined): number {
  if (given === undefined) return defaults.port;
  const port = /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN;
  if (port <= 65_535) return port;
  throw new UsageError(`--port is '${given}'; give a whole number from 0 to 65535.`);
}

function readStorage({ data }: OptionValues): string | undefined {
  const given = text(data);
  if (given === undefined) return undefined;
  if (!given.startsWith('file:')) return pathToFileURL(resolve(given)).href;
  if (URL.canParse(given) && /^file:\/\/\/./.test(given)) return given;
  throw new UsageError(`--data is '${given}'; give a directory, or a URL like file:///var/lib/broker.`);
}

function text(value: string | true | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Whether only this machine reaches the address. */
export function isLoopback(host: string): boolean {
  return /^(localhost|::1|127(\.\d{1,3}){3})$/.test(host);
}
