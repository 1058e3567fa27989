import { useEmbeddedBrokers } from '../support/rabbitmq.js';

// What listeners and producers promise holds on the embedded broker, too: their tests, once more, in this one process.
useEmbeddedBrokers();

await import('./listen/batch.test.js');
await import('./listen/handler-kinds.test.js');
await import('./listen/listener.test.js');
await import('./publish/producer.test.js');
await import('./publish/publisher.test.js');
await import('./topology/queue-options.test.js');
await import('./listen/retry/retry-home.test.js');
await import('./listen/settlement.test.js');
await import('./topology/topology.test.js');
await import('./wire.test.js');
