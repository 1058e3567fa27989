// What `npm run bench` runs.
//   npm run bench -- <suite> [--json file] [--check] [--rounds 7] [--seconds 0.5]
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { environment } from './harness/environment.js';
import { installPeers, versionsOf } from './harness/peers.js';
import { comparisons, tables } from './harness/report.js';
import { runSuite } from './harness/run-suite.js';
import { missedReaches, reachRows, rowsOf } from './harness/statistics.js';
import { suites } from './suites.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    check: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '0.5' },
  },
});
const [name = ''] = positionals;
const load = suites[name];
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
if (!load || positionals.length !== 1 || !(rounds >= 1) || !(seconds > 0)) {
  console.error('npm run bench -- <suite> [--json file] [--check] [--rounds 7] [--seconds 0.5]');
  console.error(`suites: ${Object.keys(suites).join(', ')}`);
  process.exit(2);
}

installPeers();
const suite = await load();
const before = environment();
const run = await runSuite(suite, { rounds, seconds, progress: (line) => console.error(line) });
const machine = { ...before, versions: { ...versionsOf(suite.packages), ...run.versions } };
const measured = run.rounds;
const rows = rowsOf(measured);
const compared = reachRows(suite.reaches, measured);
const missed = missedReaches(suite.reaches, compared);

console.log(`${suite.name}: ${suite.what}`);
console.log(`${rounds} rounds of ${seconds} s; median (lowest-highest)`);
console.log(`Node ${machine.node} on ${machine.system}, ${machine.cores} cores of ${machine.cpu},`);
console.log(`load ${machine.load.toFixed(2)}; ${Object.entries(machine.versions).flat().join(' ')}\n`);
console.log(`${tables(measured, rows)}\n`);
console.log(comparisons(compared));
if (values.json !== undefined) {
  const ratios = Object.fromEntries(
    compared.filter(({ unit }) => unit === 'ratio').map((row) => [row.name, row.median]),
  );
  const differences = compared.filter(({ unit }) => unit !== 'ratio');
  const result = { suite: suite.name, machine, rows: [...rows, ...differences], ratios };
  writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
}
for (const miss of missed) console.error(`missed: ${miss}`);
if (values.check && missed.length > 0) process.exitCode = 1;
