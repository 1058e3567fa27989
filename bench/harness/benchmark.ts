import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Environment, environment } from './environment.js';
import { versionsOf } from './peers.js';
import { comparisons, tables } from './report.js';
import type { Run, RunOptions } from './run-suite.js';
import { missedReaches, type Row, reachRows, rowsOf } from './statistics.js';
import type { Suite } from './suite.js';

const usage = 'npm run bench -- <suite> [--json file] [--check] [--rounds 7] [--seconds 0.5]';

/** What a benchmark is run with. */
export interface Bench {
  readonly suites: Readonly<Record<string, () => Promise<Suite>>>;
  /** Called once it is clear what to measure. */
  prepare(): void;
  run(suite: Suite, options: RunOptions): Promise<Run>;
  /** Where tables and complaints go. */
  readonly output: Pick<Console, 'log' | 'error'>;
}

/** What `--json` writes. */
export interface Result {
  readonly suite: string;
  readonly machine: Environment & { readonly versions: Readonly<Record<string, string>> };
  /** Each figure over the rounds, and each difference that was looked at. */
  readonly rows: readonly Row[];
  /** The median of each ratio by its name, `ours/baseline`. */
  readonly ratios: Readonly<Record<string, number>>;
}

/** Runs the suite that the arguments name, prints its tables; resolves with the exit code of the process. */
export async function benchmark(args: readonly string[], bench: Bench): Promise<number> {
  const { suites, output } = bench;
  const order = readOrder(args);
  const load = order && suites[order.suite];
  if (!load) {
    output.error(usage);
    output.error(`suites: ${Object.keys(suites).join(', ')}`);
    return 2;
  }
  const { rounds, seconds, json, check } = order;

  bench.prepare();
  const suite = await load();
  const before = environment();
  const run = await bench.run(suite, { rounds, seconds, progress: (line) => output.error(line) });
  const machine = { ...before, versions: { ...versionsOf(suite.packages), ...run.versions } };
  const rows = rowsOf(run.rounds);
  const compared = reachRows(suite.reaches, run.rounds);
  const missed = missedReaches(suite.reaches, compared);

  output.log(`${suite.name}: ${suite.what}`);
  output.log(`${rounds} rounds of ${seconds} s; median (lowest-highest)`);
  output.log(`Node ${machine.node} on ${machine.system}, ${machine.cores} cores of ${machine.cpu},`);
  output.log(`load ${machine.load.toFixed(2)}; ${Object.entries(machine.versions).flat().join(' ')}\n`);
  output.log(`${tables(run.rounds, rows)}\n`);
  output.log(comparisons(compared));
  if (json !== undefined) {
    const ratios = Object.fromEntries(
      compared.filter(({ unit }) => unit === 'ratio').map((row) => [row.name, row.median]),
    );
    const differences = compared.filter(({ unit }) => unit !== 'ratio');
    const result: Result = { suite: suite.name, machine, rows: [...rows, ...differences], ratios };
    writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
  }
  for (const miss of missed) output.error(`missed: ${miss}`);
  return check && missed.length > 0 ? 1 : 0;
}

/** What is to be measured, and how. */
interface Order {
  readonly suite: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly json: string | undefined;
  readonly check: boolean;
}

/** Nothing where the arguments make no sense. */
function readOrder(args: readonly string[]): Order | undefined {
  let parsed: ReturnType<typeof parseBenchArgs>;
  try {
    parsed = parseBenchArgs(args);
  } catch {
    // Such as an option that there is not, `--help` for one: the usage says which there are.
    return undefined;
  }
  const { positionals, values } = parsed;
  const [suite = '', ...others] = positionals;
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
  if (others.length > 0 || !(rounds >= 1) || !(seconds > 0)) return undefined;
  return { suite, rounds, seconds, json: values.json, check: values.check };
}

function parseBenchArgs(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      check: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '7' },
      seconds: { type: 'string', default: '0.5' },
    },
  });
}
