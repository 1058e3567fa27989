import { rabbitMq } from '../broker/hosts.js';
import type { Reach, Round, Suite } from '../harness/suite.js';
import { callLoad, groupOf } from './call-load.js';
import { echoes } from './remote-echo.js';

const concurrencies = [1, 50];

/** Remote calls, ours beside others'. */
export const rpc: Suite = {
  name: 'rpc',
  what:
    'calls with 100 bytes of arguments over one connection, the server in a process of its own. Over AMQP: one RabbitMQ and\n' +
    'acknowledged requests for all, answers by direct reply-to where the peer can. Peers as they are shipped, and tuned:\n' +
    'told to set TCP_NODELAY, which theirs are not by themselves, and bare amqplib and we do',
  packages: [
    '@micro-framework/websocket',
    'ws',
    'rpc-websockets',
    'socket.io',
    '@nestjs/platform-ws',
    '@micro-framework/amqp',
    'amqplib',
    '@golevelup/nestjs-rabbitmq',
    '@nestjs/microservices',
    'moleculer',
  ],
  host: rabbitMq,
  contenders: Object.fromEntries(
    Object.keys(echoes).map((name) => [name, (broker: string) => callLoad(name, broker)]),
  ),
  reaches: concurrencies.flatMap((concurrency) => [
    ...overWebSocket(groupOf('WebSocket', concurrency), concurrency > 1),
    ...overAmqp(groupOf('AMQP', concurrency), concurrency > 1),
  ]),
};

function overWebSocket(group: string, isBusy: boolean): readonly Reach[] {
  const peers = ['rpc-websockets', 'socket.io', 'NestJS ws'];
  return [
    { ...ratio('inline', 'bare ws', group), atLeast: 0.85 },
    ...peers.map((peer) => ({ ...ratio('inline', peer, group), atLeast: 1 })),
    { ...ratio('thread', 'inline', group), ...(isBusy && { atLeast: 0.6 }) },
  ];
}

function overAmqp(group: string, isBusy: boolean): readonly Reach[] {
  const handlersOnTheLoop = ['golevelup', 'NestJS RMQ'];
  const peers = [...handlersOnTheLoop, 'Moleculer'];
  const ahead = (mode: string, peer: string): readonly Reach[] => [
    { ...ratio(mode, peer, group), atLeast: 1 },
    { ...ratio(mode, `${peer}, tuned`, group), ...(isBusy && { atLeast: 1 }) },
  ];
  return [
    { ...ratio('AMQP inline', 'bare amqplib', group), atLeast: 0.9 },
    ...peers.flatMap((peer) => ahead('AMQP inline', peer)),
    ...handlersOnTheLoop.flatMap((peer) => ahead('AMQP thread', peer)),
  ];
}

function ratio(one: string, baseline: string, group: string): Reach {
  const callsOf = (round: Round, contender: string): number => round.of(contender, group, 'calls/s');
  return {
    name: `${one}/${baseline}, ${group}`,
    unit: 'ratio',
    value: (round) => callsOf(round, one) / callsOf(round, baseline),
  };
}
