import type { Suite } from './harness/suite.js';

/** Every suite by its name. */
export const suites: Readonly<Record<string, () => Promise<Suite>>> = {
  broker: async () => (await import('./broker/suite.js')).broker,
  dispatch: async () => (await import('./dispatch/suite.js')).dispatch,
  events: async () => (await import('./events/suite.js')).events,
  rpc: async () => (await import('./rpc/suite.js')).rpc,
};
