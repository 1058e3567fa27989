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
    'acknowledged requests for all, answers by direct reply-to where the peer can; all with TCP_NODELAY but NestJS and\n' +
    'Moleculer, which are there as they are shipped, and tuned: told to set it',
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
  const ahead = (mode: string, ...peers: readonly string[]): readonly Reach[] =>
    peers.map((peer) => ({ ...ratio(mode, peer, group), atLeast: 1 }));
  // No limit one by one: only who knows of the option has them so, and there it makes them 40 times as fast.
  const beside = (mode: string, ...peers: readonly string[]): readonly Reach[] =>
    isBusy ? ahead(mode, ...peers) : peers.map((peer) => ratio(mode, peer, group));
  return [
    { ...ratio('AMQP inline', 'bare amqplib', group), atLeast: 0.9 },
    ...ahead('AMQP inline', 'golevelup', 'NestJS RMQ', 'Moleculer'),
    ...beside('AMQP inline', 'NestJS RMQ, tuned', 'Moleculer, tuned'),
    ...ahead('AMQP thread', 'golevelup', 'NestJS RMQ'),
    ...beside('AMQP thread', 'NestJS RMQ, tuned'),
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
