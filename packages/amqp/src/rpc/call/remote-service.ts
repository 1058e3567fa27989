import type { CallScope, DependencyContext } from '@micro-framework/core';
import {
  BridgedCaller,
  createRpcService,
  defaultClientOptions,
  type Question,
  type RpcService,
} from '@micro-framework/core/rpc';
import type { AmqpRpcSystemOptions } from './client-options.js';

/** Whom a client calls, and how. */
export interface Callee {
  /** The name of the service. */
  readonly to: string;
  /** The class's name on the wire, if it was given. */
  readonly service?: string | undefined;
  readonly options: AmqpRpcSystemOptions;
}

/** A question of a worker, on its way to the main side. */
export interface AddressedQuestion {
  readonly to: string;
  readonly question: Question;
}

/** The methods of another service, in a worker: called by way of the main side. */
export function remoteService(
  context: DependencyContext,
  { to, service, options }: Callee,
): RpcService<unknown> {
  const caller = new BridgedCaller({
    where: `service ${to}`,
    service,
    timeout: options.timeout ?? defaultClientOptions.timeout,
    ...(options.dialect === 'nameko' && { headersOf: contextHeaders }),
    ask: (question) => context.ask({ to, question } satisfies AddressedQuestion),
    currentCall: () => context.currentCall(),
  });
  return createRpcService<unknown>(caller);
}

// Nameko's services pass their context data on to those they call.
function contextHeaders({ context }: CallScope): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(context.headers).filter(([name]) => name.startsWith('nameko.')));
}
