import type { Ask, HandlerHost } from '../../handle/handler-host.js';
import type { WorkerInit } from '../worker-init.js';
import { loadModule } from './load-module.js';

/** What `hostUrl` names: a file of the framework's own tests. */
interface HostModule {
  createHost(ask: Ask): HandlerHost;
}

/** Loads the service and makes the host of its handlers. Rejects with what the service's file throws. */
export async function loadHost(init: WorkerInit, ask: Ask): Promise<HandlerHost> {
  if (init.hostUrl !== undefined) return ((await import(init.hostUrl)) as HostModule).createHost(ask);
  const { context, settings } = init;
  // With it comes most of the package: hosts of tests do without it, and are ready in a third of the time. It is there
  // before the service, which may be CommonJS: `require` of ES modules that are just being imported fails on Node 20.
  const { createHandlerHost } = await import('../../handle/create-handler-host.js');
  const module = await loadModule(init);
  return createHandlerHost(module, { context, settings, ask });
}
