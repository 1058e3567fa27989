import { createHash } from 'node:crypto';
import { ScanError } from '@micro-framework/core';
import type { RpcClientOptions } from '../client/options.js';
import { urlFault } from '../client/socket/url-fault.js';

/** How a service calls another: plain data, since workers and the main side both have it. */
export interface WebSocketRpcClientOptions extends Omit<RpcClientOptions, 'openSocket'> {
  /** The class's name on the wire: `Quotes`; empty where targets have none. Default: the other side is asked once. */
  readonly service?: string;
  /** TLS: `wss:` instead of `ws:`. Default: `false`. */
  readonly tls?: boolean;
  /** Path and query of the URL. Default: `/`. */
  readonly path?: string;
}

/** Where a dependency calls to. */
export interface Address {
  readonly url: string;
  /** The class's name on the wire, if it was given. */
  readonly service: string | undefined;
  readonly options: Omit<RpcClientOptions, 'openSocket'>;
}

/**
 * The address of a host and a port.
 *
 * @throws `ScanError` for a place where nobody can be
 */
export function addressOf(host: string, port: number, options: WebSocketRpcClientOptions): Address {
  const address = composed(host, port, options);
  const faults = faultsOf(host, port, options.path);
  const fault = faults.length > 0 ? undefined : urlFault(address.url);
  if (fault !== undefined) faults.push(`${address.url} ${fault}`);
  if (faults.length > 0)
    throw ScanError.of(faults.map((each) => `WebSocketRpcClient.at('${host}', ${port}): ${each}.`));
  return address;
}

function faultsOf(host: string, port: number, path = '/'): string[] {
  return [
    ...(/^[\w.:[\]-]+$/.test(host) ? [] : ['its host is none: write a name or an address, without a path']),
    ...(Number.isInteger(port) && port >= 1 && port <= 65_535 ? [] : ['its port is none: write 1 to 65535']),
    ...(/^[/?]/.test(path) ? [] : [`its path is none: it begins with a slash, or with ? for a query alone`]),
  ];
}

function composed(
  host: string,
  port: number,
  { service, tls = false, path = '/', ...options }: WebSocketRpcClientOptions,
): Address {
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return { url: `${tls ? 'wss' : 'ws'}://${name}:${port}${path}`, service, options };
}

/** What two clients must agree in to share a connection. */
export function connectionKey({ url, options }: Address): string {
  return JSON.stringify([url, Object.entries(options).sort()]);
}

/** The name of the dependency: the same on both sides, and without what `headers` may hold. */
export function dependencyName(address: Address): string {
  const whole = JSON.stringify([connectionKey(address), address.service]);
  return `WebSocketRpcClient ${address.url} ${createHash('sha256').update(whole).digest('hex').slice(0, 12)}`;
}
