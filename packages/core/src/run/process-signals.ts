import { constants } from 'node:os';
import { exitCodeOf } from './exit.js';
import type { Runner } from './runner.js';

const signals = ['SIGTERM', 'SIGINT'] as const;

// Time for standard output to drain and for the service's own handles to close.
const lingering = 1_000;

// Milliseconds; for a line of the log that is on its way in one of Node's own threads.
const lastWords = 250;

// `timeout`, npm and terminals signal a process and then its group: one stop that is meant arrives twice.
const echoTime = 1_000;

const runners = new Set<Runner>();

/** Why the process is about to end, if it is. */
let ending: 'signal' | 'failure' | undefined;

/** One that was taken for an echo is told of once: it may have been meant. */
let isEchoTold = false;

/** When the first signal came, in the process's own milliseconds. */
let signalledAt = 0;

/**
 * From now on SIGTERM and SIGINT drain this runner and end the process. A second signal ends it at once, unless it comes
 * within a second: then it is the first one's echo.
 */
export function stopOnSignals(runner: Runner): void {
  if (runners.size === 0 && ending === undefined) for (const signal of signals) process.on(signal, onSignal);
  runners.add(runner);
}

/** The runner is stopped: signals are no longer its. */
export function forgetRunner(runner: Runner): void {
  runners.delete(runner);
  if (runners.size === 0 && ending === undefined) for (const signal of signals) process.off(signal, onSignal);
}

/** True from the first signal on, or when a service failed: the process is about to end. */
export function isEnding(): boolean {
  return ending !== undefined;
}

/** A running service cannot go on, so the process stops the others in order and ends with code 1. */
export function endByFailure(failed: Runner): void {
  if (ending !== undefined) return;
  ending = 'failure';
  stopAll([failed, ...runners]);
}

function onSignal(signal: (typeof signals)[number]): void {
  if (ending === 'signal') {
    if (performance.now() - signalledAt > echoTime) endAtOnce(signal);
    else tellOfEcho(signal);
    return;
  }
  const begun = ending === 'failure';
  ending = 'signal';
  signalledAt = performance.now();
  // From then on no listener is called any more, however long a thread keeps the process.
  process.once('exit', leaveSignals);
  if (!begun) stopAll([...runners]);
}

function tellOfEcho(signal: (typeof signals)[number]): void {
  if (!isEchoTold) for (const runner of [...runners].slice(0, 1)) runner.noteEcho(signal);
  isEchoTold = true;
}

function endAtOnce(signal: (typeof signals)[number]): void {
  for (const runner of runners) runner.abandon(signal);
  // By the signal itself: `process.exit` waits for threads, and one that hangs in the operating system never ends. The
  // first process of a container is spared by its own signals, and exits.
  process.once('exit', () => process.kill(process.pid, signal));
  setTimeout(() => process.exit(128 + constants.signals[signal]), lastWords);
}

/** From now on a signal does what the system does by itself: it ends the process. */
function leaveSignals(): void {
  for (const signal of signals) process.removeAllListeners(signal);
}

// The process ends by itself then, with the code that tells how; something of the user's may still hold it.
function stopAll(all: readonly Runner[]): void {
  void Promise.allSettled(all.map((runner) => runner.stop())).then(() => {
    process.exitCode = exitCodeOf(all);
    setTimeout(() => process.exit(), lingering).unref();
  });
}
