import { constants } from 'node:os';

// npm and terminals signal a process and then its group: one stop that is meant arrives twice.
const echoTime = 1_000;

const signals = ['SIGINT', 'SIGTERM'] as const;

/** Resolves with the first SIGINT or SIGTERM. Another one, later than its echo, ends the process at once. */
export function stopSignal(): Promise<'asked'> {
  return new Promise((resolve) => {
    let askedAt: number | undefined;
    const take = (signal: (typeof signals)[number]): void => {
      askedAt ??= performance.now();
      if (performance.now() - askedAt > echoTime) endAtOnce(signal);
      resolve('asked');
    };
    for (const signal of signals) process.on(signal, take);
    // From then on no listener is called any more, however long a thread keeps the process.
    process.once('exit', leaveSignals);
  });
}

// By the signal itself: `process.exit` waits for the broker's thread, which may hang on a disk that does not answer. The
// first process of a container is spared by its own signals, and exits.
function endAtOnce(signal: (typeof signals)[number]): void {
  process.once('exit', () => process.kill(process.pid, signal));
  process.exit(128 + constants.signals[signal]);
}

function leaveSignals(): void {
  for (const signal of signals) process.removeAllListeners(signal);
}
