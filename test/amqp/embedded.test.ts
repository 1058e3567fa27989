import { useEmbeddedBrokers } from '../support/rabbitmq.js';

// What listeners and producers promise holds on the embedded broker, too: their tests, once more, in this one process.
useEmbeddedBrokers();

await import('./batch.test.js');
await import('./handler-kinds.test.js');
await import('./listener.test.js');
await import('./producer.test.js');
await import('./publisher.test.js');
await import('./queue-options.test.js');
await import('./retry-home.test.js');
await import('./settlement.test.js');
await import('./topology.test.js');
await import('./wire.test.js');
