// What `npm run test:faults` and its like run: tests whose short form is a part of `npm test`, with more of everything.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

interface LongForm {
  /** What the paths of its tests contain. */
  readonly files: readonly string[];
  /** What these tests read from the environment. */
  readonly sizes: Readonly<Record<string, number>>;
}

const forms: Readonly<Record<string, LongForm>> = {
  faults: {
    files: ['faults/'],
    sizes: {
      FAULTS_RESTARTS: 10,
      FAULTS_BLACK_HOLE: 30, // seconds
      FAULTS_BLACK_HOLE_RATE: 500, // messages a second
      FAULTS_HEARTBEAT: 5,
      FAULTS_RETRY_KILLS: 20,
      FAULTS_PACED: 10_000, // good messages beside one that kills its worker
      FAULTS_PACE: 0.9, // of what they make alone
      FAULTS_POISON_EVERY: 10_000, // milliseconds; the default of a back-off
      FAULTS_BURN: 9_000, // milliseconds
      FAULTS_BURN_HEARTBEAT: 2,
      FAULTS_DELAYED: 10_000,
      FAULTS_DELAYED_LATE: 500, // milliseconds, p99
      FAULTS_SCHEDULED_LATE: 500,
      FAULTS_RETRY_LATE: 300,
      FAULTS_LONGEST_DELAY: 10_000,
      FAULTS_WAITING: 1_000,
      FAULTS_HANDLER: 5_000, // milliseconds
      FAULTS_SHUTDOWN: 2_000,
      FAULTS_ALARM_ROUNDS: 20,
      FAULTS_LEADER_KILLS: 20,
      FAULTS_LEADER_FREEZES: 2,
      FAULTS_SOAK: 200_000,
    },
  },
  durability: {
    files: ['broker/durability', 'broker/shared/take-over', 'broker/memory'],
    sizes: { DURABILITY_KILLS: 50, TAKE_OVERS: 20, MEMORY_CONSUMED: 1_000_000 },
  },
  differential: {
    files: ['broker/differential'],
    sizes: { DIFFERENTIAL_SEEDS: 200, DIFFERENTIAL_STEPS: 200 },
  },
  chaos: { files: ['execute/chaos'], sizes: { CHAOS_CALLS: 2_000 } },
  load: {
    files: ['websocket/load', 'websocket/leaks', 'websocket/fuzz', 'amqp/rpc/leaks'],
    sizes: { LOAD_CONNECTIONS: 5_000, LEAK_CALLS: 100_000, FUZZ_RUNS: 5_000 },
  },
};

const form = forms[process.argv[2] ?? ''];
if (form) {
  const run = fileURLToPath(new URL('run.js', import.meta.url));
  const sizes = Object.entries(form.sizes).map(([name, size]) => [name, String(size)]);
  // What the environment says goes first: a part can be tried smaller.
  const env = { TEST_TIMEOUT: '1800000', ...Object.fromEntries(sizes), ...process.env };
  process.exitCode = spawnSync(process.execPath, [run, ...form.files], { stdio: 'inherit', env }).status ?? 1;
} else {
  console.error(`which long form? ${Object.keys(forms).join(', ')}`);
  process.exitCode = 2;
}
