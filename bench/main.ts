// What `npm run bench` runs.
//   npm run bench -- <suite> [--json file] [--check] [--rounds 7] [--seconds 0.5]
import { benchmark } from './harness/benchmark.js';
import { installPeers } from './harness/peers.js';
import { runSuite } from './harness/run-suite.js';
import { suites } from './suites.js';

process.exitCode = await benchmark(process.argv.slice(2), {
  suites,
  prepare: installPeers,
  run: runSuite,
  output: console,
});
