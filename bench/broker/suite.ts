import type { Reach, Round, Suite } from '../harness/suite.js';
import { backlogGroup } from './backlog.js';
import { startBrokerProcess } from './broker-process.js';
import { inTurn, underLoad } from './contenders.js';
import { footprint } from './footprint.js';
import { embedded, inProcess, journaled, rabbitMq } from './hosts.js';
import { recovery } from './recovery.js';
import { roundTripGroup } from './round-trip.js';
import { type Promised, throughputGroup } from './throughput.js';

/** The embedded broker beside RabbitMQ, through the same client. */
export const broker: Suite = {
  name: 'broker',
  what:
    '200 bytes a message, prefetch 200, through amqplib; the embedded broker in the process of its clients, as memory://\n' +
    'is for services (memory) and by its socket, in a process of its own, and in a thread with a journal and fdatasync',
  packages: ['@micro-framework/amqp', '@micro-framework/broker', 'amqplib'],
  contenders: {
    RabbitMQ: () => underLoad(rabbitMq()),
    memory: () => underLoad(inProcess()),
    'memory, by socket': () => underLoad(embedded()),
    'memory, own process': async () => inTurn([await underLoad(startBrokerProcess()), await footprint()]),
    journal: async () => inTurn([await underLoad(journaled()), await recovery()]),
  },
  reaches: [
    { ...throughput('memory', 'not kept'), atLeast: 1.3 },
    { ...throughput('memory, own process', 'not kept'), atLeast: 1.3 },
    { ...throughput('journal', 'kept'), atLeast: 1 },
    { ...roundTrip('memory'), atMost: 1 / 3 },
    // No limit for these: each trip is four times through a socket, and most of its time is the system's, all the more
    // where each wakes another thread.
    roundTrip('memory, by socket'),
    roundTrip('memory, own process'),
    roundTrip('journal'),
    {
      name: `recovery of ${backlogGroup}`,
      unit: 'ms',
      value: (round) => round.of('journal', backlogGroup, 'recovery'),
      atMost: 1_000,
    },
  ],
};

function throughput(one: string, promised: Promised): Reach {
  const rateOf = (round: Round, contender: string): number =>
    round.of(contender, throughputGroup(promised), 'messages/s');
  return {
    name: `${one}/RabbitMQ, ${throughputGroup(promised)}`,
    unit: 'ratio',
    value: (round) => rateOf(round, one) / rateOf(round, 'RabbitMQ'),
  };
}

function roundTrip(one: string): Reach {
  const p50 = (round: Round, contender: string): number => round.of(contender, roundTripGroup, 'p50');
  return {
    name: `${one}/RabbitMQ, p50 of a remote call`,
    unit: 'ratio',
    value: (round) => p50(round, one) / p50(round, 'RabbitMQ'),
  };
}
