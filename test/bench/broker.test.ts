import assert from 'node:assert/strict';
import { test } from 'node:test';
import { underLoad } from '../../bench/broker/contenders.js';
import { footprint } from '../../bench/broker/footprint.js';
import { embedded, inProcess, journaled } from '../../bench/broker/hosts.js';
import { recovery } from '../../bench/broker/recovery.js';
import type { Contender } from '../../bench/harness/suite.js';

for (const [name, host] of Object.entries({ embedded, inProcess, journaled }))
  test(`every load is put on a broker that is ${name}`, async () => {
    const figures = await measured(await underLoad(host()));

    assert.deepEqual(Object.keys(figures), [
      'messages in memory, messages/s',
      'persistent messages, messages/s',
      'one remote call at a time, p50',
      'one remote call at a time, p99',
    ]);
    for (const [figure, value] of Object.entries(figures)) assert.ok(value > 0, figure);
  });

test('the backlog of a broker that was killed is recovered, and its memory is told', async () => {
  const figures = { ...(await measured(await recovery())), ...(await measured(await footprint())) };

  assert.ok((figures['100,000 queued messages, recovery'] ?? 0) > 0);
  assert.ok((figures['100,000 queued messages, memory'] ?? 0) > 200);
});

async function measured(contender: Contender): Promise<Record<string, number>> {
  try {
    const figures = await contender.measure(0.05);
    return Object.fromEntries(figures.map(({ group, metric, value }) => [`${group}, ${metric}`, value]));
  } finally {
    await contender.close();
  }
}
