import type { Reach, Round, Suite } from '../harness/suite.js';
import { barePoolifierProcess, barePoolifierThread } from './bare-poolifier.js';
import { bareThread } from './bare-thread.js';
import { closedLoop, groupOf } from './closed-loop.js';
import { ours } from './ours.js';
import { piscina } from './piscina.js';

const busy = groupOf(64);
const single = groupOf(1);

/** What it costs to hand a call to a worker and have its result back. */
export const dispatch: Suite = {
  name: 'dispatch',
  what: 'a handler that returns its 200 bytes of JSON, in one worker with up to 64 calls',
  packages: ['@micro-framework/core', 'poolifier', 'piscina'],
  contenders: {
    'plain call': async () => closedLoop(async (payload) => payload),
    inline: () => ours('inline'),
    'bare thread': bareThread,
    'poolifier thread': barePoolifierThread,
    piscina,
    thread: () => ours('thread'),
    'poolifier process': barePoolifierProcess,
    process: () => ours('process'),
  },
  reaches: [
    { ...ratio('thread', 'poolifier thread'), atLeast: 1 },
    { ...ratio('process', 'poolifier process'), atLeast: 1 },
    ratio('thread', 'piscina'),
    ratio('thread', 'bare thread'),
    // For information: here it is the way there and back that is measured, not what a worker can take.
    ratio('thread', 'poolifier thread', single),
    ratio('process', 'poolifier process', single),
    ratio('thread', 'piscina', single),
    ratio('thread', 'bare thread', single),
    {
      name: 'inline over a plain call',
      unit: 'us',
      // Both run on the main thread only; its CPU is not disturbed by what else the machine does.
      value: (round) => round.of('inline', busy, 'main CPU') - round.of('plain call', busy, 'main CPU'),
      atMost: 5,
    },
  ],
};

function ratio(one: string, baseline: string, group = busy): Reach {
  const callsOf = (round: Round, contender: string): number => round.of(contender, group, 'calls/s');
  return {
    name: `${one}/${baseline}${group === busy ? '' : `, ${group}`}`,
    unit: 'ratio',
    value: (round) => callsOf(round, one) / callsOf(round, baseline),
  };
}
