import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

// What the drivers of AMQP read from a query, and is no secret.
const shownParameters: ReadonlySet<string> = new Set([
  'auth_mechanism',
  'channelMax',
  'connection_timeout',
  'frameMax',
  'heartbeat',
  'locale',
  'verify',
]);

/** The address without its password, for messages and logs; nor does it show parameters that may hold another secret. */
export function redacted(uri: string): string {
  if (!URL.canParse(uri)) return 'an address that cannot be parsed';
  const url = new URL(uri);
  if (url.password !== '') url.password = '***';
  if (url.hash !== '') url.hash = '***';
  for (const name of new Set(url.searchParams.keys()))
    if (!shownParameters.has(name)) url.searchParams.set(name, '***');
  return url.href;
}

/** The address with the heartbeat the service was set to. */
export function withHeartbeat(uri: string, seconds: number): string {
  const url = new URL(uri);
  url.searchParams.set('heartbeat', String(seconds));
  return url.href;
}

/** The addresses of a setting: a list, or text with commas between them. */
export function addressesOf(amqpUri: string | readonly string[]): readonly string[] {
  // A password may hold a comma: one that separates has an address behind it.
  const addresses = typeof amqpUri === 'string' ? amqpUri.split(/,(?=\s*\w+:\/\/)/) : amqpUri;
  return addresses.map((address) => address.trim());
}

/** Whether the address names a broker of this process or of this machine, which is ours to start. */
export function isEmbedded(uri: string): boolean {
  return /^(?:memory|file):/.test(uri);
}

/** What is wrong with an address of a broker. The value is not repeated: there may be a password in it. */
export function uriFault(amqpUri: string | readonly string[]): string | undefined {
  const addresses = addressesOf(amqpUri);
  if (addresses.length > 1 && addresses.some(isEmbedded)) {
    return 'an embedded broker stands alone: write several addresses only where all are amqp:// or amqps://';
  }
  for (const address of addresses) {
    const fault = addressFault(address);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function addressFault(text: string): string | undefined {
  if (text.startsWith('memory:')) return memoryFault(text);
  if (text.startsWith('file:')) return folderFault(text);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const { protocol, hostname, pathname } = url ?? { protocol: '', hostname: '', pathname: '' };
  if (pathname.includes('@')) return cutPassword;
  if ((protocol === 'amqp:' || protocol === 'amqps:') && hostname !== '') return undefined;
  return (
    'this is not the address of a broker: write amqp://user:password@host:5672/vhost or amqps://, ' +
    'or memory://, memory://name or file:///dir for the embedded one'
  );
}

// `amqp://user:12/x@host` is the host `user`, and would be told so in the log, with the password.
const cutPassword =
  'an @ stands behind the host, so a password seems to be cut in two: write / ? # and @ in user, password and virtual ' +
  'host as %2F %3F %23 and %40';

function memoryFault(text: string): string | undefined {
  if (/^memory:\/\/[A-Za-z0-9_.-]{0,100}$/.test(text)) return undefined;
  return (
    'this is not the address of a broker in memory: write memory://, or memory://name with 1 to 100 letters, digits, ' +
    'and _ . - to share it within the process'
  );
}

function folderFault(text: string): string | undefined {
  const isLocal = /^file:\/\/(?:localhost)?\/(?!\/)./.test(text);
  if (isLocal && URL.canParse(text) && !/[?#]/.test(text)) return undefined;
  const [, fromHere] = /^file:(?:\/\/(?=\.))?([^/][^?#%@]*)$/.exec(text) ?? [];
  if (fromHere !== undefined) {
    const folder = pathToFileURL(resolve(fromHere)).href;
    return `this is not the address of a broker's folder, which is the same wherever a service starts: write ${folder}`;
  }
  return (
    "this is not the address of a broker's folder: write file:///an/absolute/directory, with three slashes, " +
    'and any ? and # in it as %3F and %23'
  );
}
