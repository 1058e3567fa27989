import { readSeedAnswer, readSeedTargets, seedCommands } from '@micro-framework/core/rpc';
import type { Dialect } from './dialect.js';

/** What the Python original speaks: one call at a time, without ids, and every call is answered. */
export const seedDialect: Dialect = {
  subprotocols: [],
  maxInFlight: 1,
  notifies: false,
  request: ({ target, params }) =>
    `{"command":${JSON.stringify(target)},"command_args":${params},"command_kwargs":{}}`,
  answer: (text) => ({ id: undefined, outcome: readSeedAnswer(text) }),
  directory: { call: seedCommands.list, read: readSeedTargets },
};
