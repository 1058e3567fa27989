// The process of one contender. What it prints goes to standard error, so that a table can be piped.
import { suites } from '../suites.js';
import type { LaneAnswer, LaneOrder } from './lanes.js';

const [suiteName = '', contenderName = '', hostUrl = ''] = process.argv.slice(2);
const suite = await suites[suiteName]?.();
const contender = await suite?.contenders[contenderName]?.(hostUrl);
if (!contender) throw new Error(`no contender ${contenderName} in the suite ${suiteName}`);

process.on('message', async (order: LaneOrder) => {
  if (order.kind === 'measure') {
    const figures = await contender.measure(order.seconds);
    process.send?.({ kind: 'figures', figures } satisfies LaneAnswer);
  } else {
    await contender.close();
    process.disconnect();
  }
});
process.send?.({ kind: 'ready', versions: contender.versions ?? {} } satisfies LaneAnswer);
