import { createHash } from 'node:crypto';
import { ScanError } from '@micro-framework/core';
import type { CallClientOptions } from '@micro-framework/core/rpc';
import { type RpcDialect, rpcDialects } from '../dialects.js';

/** How a service calls others over AMQP: plain data, since workers and the main side both have it. */
export interface AmqpRpcSystemOptions extends CallClientOptions {
  /** What the other side speaks. Default: `own`. */
  readonly dialect?: RpcDialect;
}

/** How a service calls another over AMQP. */
export interface AmqpRpcClientOptions extends AmqpRpcSystemOptions {
  /** The class's name on the wire: `Quotes`; empty where targets have none. Default: the other side is asked once. */
  readonly service?: string;
}

/** Throws a `ScanError` for what no service can be called, and for a dialect that there is not. */
export function checkCallee(what: string, name: string | undefined, { dialect }: AmqpRpcSystemOptions): void {
  const faults: string[] = [];
  if (name !== undefined && (typeof name !== 'string' || !/^[^\s]{1,200}$/.test(name)))
    faults.push("its service is none: write the other service's name, 1 to 200 characters without blanks");
  if (dialect !== undefined && !rpcDialects.includes(dialect))
    faults.push(`there is no dialect ${String(dialect)}: write one of ${rpcDialects.join(', ')}`);
  if (faults.length > 0) throw ScanError.of(faults.map((fault) => `${what}: ${fault}.`));
}

/** The name of the dependency: the same on both sides. */
export function dependencyName(what: string, options: object): string {
  const whole = JSON.stringify(Object.entries(options).sort());
  return `${what} ${createHash('sha256').update(whole).digest('hex').slice(0, 12)}`;
}
