// For the framework's own tests and benchmarks. Not part of the public interface: it changes without notice.
export { dialectOf } from './serve/protocol/choose-protocol.js';
