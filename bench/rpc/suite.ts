import type { Reach, Round, Suite } from '../harness/suite.js';
import { callLoad, groupOf } from './call-load.js';
import { echoes } from './remote-echo.js';

const peers = ['rpc-websockets', 'socket.io', 'NestJS ws'];

/** Remote calls, ours beside others'. */
export const rpc: Suite = {
  name: 'rpc',
  what: 'calls with 100 bytes of arguments over one connection, the server in a process of its own',
  packages: ['@micro-framework/websocket', 'ws', 'rpc-websockets', 'socket.io', '@nestjs/platform-ws'],
  contenders: Object.fromEntries(Object.keys(echoes).map((name) => [name, () => callLoad(name)])),
  reaches: [1, 50].flatMap((concurrency) => [
    { ...ratio('inline', 'bare ws', concurrency), atLeast: 0.85 },
    ...peers.map((peer) => ({ ...ratio('inline', peer, concurrency), atLeast: 1 })),
    { ...ratio('thread', 'inline', concurrency), ...(concurrency > 1 && { atLeast: 0.6 }) },
  ]),
};

function ratio(one: string, baseline: string, concurrency: number): Reach {
  const group = groupOf(concurrency);
  const callsOf = (round: Round, contender: string): number => round.of(contender, group, 'calls/s');
  return {
    name: `${one}/${baseline}, ${group}`,
    unit: 'ratio',
    value: (round) => callsOf(round, one) / callsOf(round, baseline),
  };
}
