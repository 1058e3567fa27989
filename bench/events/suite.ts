import { rabbitMq } from '../broker/hosts.js';
import type { Contender, Reach, Round, Suite } from '../harness/suite.js';
import { ackEach, ackTogether } from './bare-amqplib.js';
import { confirmChannel } from './confirm-channel.js';
import { type Consumption, consuming, prefetchGroup } from './consuming.js';
import { golevelup } from './golevelup.js';
import { moleculer } from './moleculer.js';
import { nestMicroservice } from './nest-microservice.js';
import { ours } from './ours.js';
import { amqplibAndPiscina } from './piscina.js';
import { producer } from './producer.js';
import { publishingGroup } from './publishing.js';

/** What it costs to have events handled, and published. */
export const events: Suite = {
  name: 'events',
  what:
    'a queue of persistent messages, 200 bytes of JSON each, handled by a handler that does nothing and acknowledged;\n' +
    'and the same published with confirms, with the same properties by both. One RabbitMQ for all, TCP_NODELAY for all;\n' +
    'thread, process and piscina have one worker, all others run the handler on the main thread',
  packages: [
    '@micro-framework/amqp',
    'amqplib',
    '@golevelup/nestjs-rabbitmq',
    '@nestjs/microservices',
    'moleculer',
    'piscina',
  ],
  host: rabbitMq,
  contenders: {
    amqplib: from(ackEach),
    'amqplib, coalesced': from(ackTogether),
    golevelup: from(golevelup),
    NestJS: from(nestMicroservice),
    moleculer: from(moleculer),
    inline: from((url) => ours(url, 'inline')),
    'amqplib + piscina': from(amqplibAndPiscina),
    thread: from((url) => ours(url, 'thread')),
    process: from((url) => ours(url, 'process')),
    'confirm channel': confirmChannel,
    Producer: producer,
  },
  reaches: [
    { ...handled('inline', 'amqplib'), atLeast: 1 },
    handled('inline', 'amqplib, coalesced'),
    handled('inline', 'moleculer'),
    { ...handled('thread', 'golevelup'), atLeast: 1 },
    { ...handled('thread', 'NestJS'), atLeast: 1 },
    { ...handled('thread', 'amqplib + piscina'), atLeast: 1 },
    { ...handled('process', 'thread'), atLeast: 0.6 },
    { ...ratio('Producer', 'confirm channel', publishingGroup), atLeast: 0.9 },
  ],
};

function from(make: (url: string) => Consumption | Promise<Consumption>) {
  return async (url: string): Promise<Contender> => consuming(url, await make(url));
}

function handled(one: string, baseline: string): Reach {
  return ratio(one, baseline, prefetchGroup(100));
}

function ratio(one: string, baseline: string, group: string): Reach {
  const rateOf = (round: Round, contender: string): number => round.of(contender, group, 'messages/s');
  return {
    name: `${one}/${baseline}`,
    unit: 'ratio',
    value: (round) => rateOf(round, one) / rateOf(round, baseline),
  };
}
