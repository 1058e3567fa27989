import type { WholeOptions } from '../options.js';
import type { Dialect } from './dialect.js';
import { jsonRpcDialect } from './json-rpc-dialect.js';
import { seedDialect } from './seed-dialect.js';

/** The dialect that an option names. */
export function dialectOf(protocol: WholeOptions['protocol']): Dialect {
  switch (protocol) {
    case 'own':
    case 'json-rpc':
      return jsonRpcDialect(protocol);
    case 'seed':
      return seedDialect;
  }
}
