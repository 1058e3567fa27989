// For the framework's own tests and benchmarks. Not part of the public interface: it changes without notice.
export type { Connection } from './serve/connection/connection.js';
export type { Offer } from './serve/offer.js';
export { defaultLimits } from './serve/options.js';
export { dialectOf } from './serve/protocol/choose-protocol.js';
export { JsonRpcProtocol } from './serve/protocol/json-rpc-protocol.js';
export { SeedProtocol } from './serve/protocol/seed-protocol.js';
