import { AmqpError } from '../amqp-error.js';
import type { Faults } from '../broker.js';
import type { Server } from './server.js';

/** What is being done wrong on purpose, as the connections see it. */
export class ActiveFaults {
  confirmsWithheld = false;
  refusing = false;
  /** Milliseconds. */
  delay = 0;
  /** Messages that are still to be refused. */
  nacks = 0;

  /** Whether the message that is being published is to be refused. */
  takeNack(): boolean {
    if (this.nacks === 0) return false;
    this.nacks--;
    return true;
  }
}

/** The faults of a server in this thread. */
export function faultsOf(server: Server): Faults {
  const { faults, engine } = server.context;
  return {
    dropConnections: async () => server.dropConnections(),
    async refuseConnections(on) {
      faults.refusing = on;
    },
    async withholdConfirms(on) {
      faults.confirmsWithheld = on;
      if (!on) for (const connection of server.connections) connection.outbox.schedule();
    },
    async nackPublishes(count) {
      faults.nacks = count;
    },
    async delayFrames(ms) {
      faults.delay = ms;
    },
    async closeChannels(name) {
      const queue = engine.queues.byName.get(name);
      const channels = new Set(queue?.turns.all.map((consumer) => consumer.channel));
      const error = new AmqpError('PRECONDITION_FAILED', 'a fault asked for');
      for (const connection of server.connections)
        for (const channel of connection.channels.all)
          if (channels.has(channel.engineChannel)) connection.failed(error, channel);
      return channels.size;
    },
    async cancelConsumers(name) {
      const queue = engine.queues.byName.get(name);
      const consumers = [...(queue?.turns.all ?? [])];
      for (const consumer of consumers) {
        queue?.leave(consumer);
        consumer.channel.drop(consumer);
      }
      return consumers.length;
    },
  };
}
