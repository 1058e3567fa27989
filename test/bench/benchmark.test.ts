import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Bench, benchmark, type Result } from '../../bench/harness/benchmark.js';
import type { RunOptions } from '../../bench/harness/run-suite.js';
import type { Reach, Suite } from '../../bench/harness/suite.js';

describe('a benchmark', () => {
  test('writes machine, figures and ratios as JSON, and prints them', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'mf-bench-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'result.json');
    const bench = fakeBench();

    const code = await benchmark(['fake', '--json', file, '--rounds', '3', '--seconds', '0.1'], bench);

    const { machine, ...result } = JSON.parse(await readFile(file, 'utf8')) as Result;
    assert.equal(code, 0);
    assert.deepEqual(bench.asked, [{ rounds: 3, seconds: 0.1 }]);
    assert.deepEqual(result, {
      suite: 'fake',
      rows: [
        { name: 'ours, busy, speed', median: 20, min: 10, max: 30, unit: 'calls/s' },
        { name: 'peer, busy, speed', median: 10, min: 10, max: 10, unit: 'calls/s' },
        { name: 'ours over peer', median: 10, min: 0, max: 20, unit: 'us' },
      ],
      ratios: { 'ours/peer': 2 },
    });
    assert.deepEqual(Object.keys(machine), ['node', 'system', 'cpu', 'cores', 'load', 'versions']);
    assert.equal(machine.versions.broker, '3.10');
    assert.match(machine.versions.typescript ?? '', /^\d+\.\d+\.\d+/);
    assert.match(bench.printed(), /^ours\/peer +2\.00 \(1\.00-3\.00\)$/m);
  });

  test('of which a reach is missed says so, and fails where it is checked', async () => {
    const bench = fakeBench({ atLeast: 3 });

    assert.equal(await benchmark(['fake'], bench), 0);
    assert.equal(await benchmark(['fake', '--check'], bench), 1);
    assert.equal(await benchmark(['fake', '--check'], fakeBench({ atLeast: 2 })), 0);
    assert.match(bench.printed(), /^missed: ours\/peer: 2\.00, wanted at least 3$/m);
  });

  for (const args of [
    [],
    ['other'],
    ['fake', 'fake'],
    ['fake', '--rounds', '0'],
    ['fake', '--seconds', 'x'],
    ['--help'],
  ]) {
    test(`that cannot be run as asked says how: ${args.join(' ')}`, async () => {
      const bench = fakeBench();

      assert.equal(await benchmark(args, bench), 2);
      assert.match(bench.printed(), /^npm run bench -- <suite> .*\nsuites: fake$/);
      assert.deepEqual(bench.asked, []);
    });
  }
});

interface FakeBench extends Bench {
  /** What it was run with. */
  readonly asked: Pick<RunOptions, 'rounds' | 'seconds'>[];
  printed(): string;
}

/** A suite of two contenders whose figures are known; ours is twice as fast. */
function fakeBench(limits: Pick<Reach, 'atLeast'> = {}): FakeBench {
  const lines: string[] = [];
  const asked: FakeBench['asked'] = [];
  const speeds = [10, 30, 20].map((ours) => ({ ours, peer: 10 }));
  const suite: Suite = {
    name: 'fake',
    what: 'nothing at all',
    packages: ['typescript'],
    contenders: {},
    reaches: [
      {
        name: 'ours/peer',
        unit: 'ratio',
        value: (round) => round.of('ours', 'busy', 'speed') / round.of('peer', 'busy', 'speed'),
        ...limits,
      },
      {
        name: 'ours over peer',
        unit: 'us',
        value: (round) => round.of('ours', 'busy', 'speed') - round.of('peer', 'busy', 'speed'),
      },
    ],
  };
  return {
    suites: { fake: async () => suite },
    prepare: () => {},
    run: async (_suite, { rounds, seconds }) => {
      asked.push({ rounds, seconds });
      const figure = { group: 'busy', metric: 'speed', unit: 'calls/s' };
      const measured = speeds.map(
        (round) => new Map(Object.entries(round).map(([name, value]) => [name, [{ ...figure, value }]])),
      );
      return { rounds: measured, versions: { broker: '3.10' } };
    },
    output: { log: (line: string) => lines.push(line), error: (line: string) => lines.push(line) },
    asked,
    printed: () => lines.join('\n'),
  };
}
