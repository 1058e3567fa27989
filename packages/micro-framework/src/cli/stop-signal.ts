import { constants } from 'node:os';

// npm and terminals signal a process and then its group: one stop that is meant arrives twice.
const echoTime = 1_000;

/** Resolves with the first SIGINT or SIGTERM. Another one, later than its echo, ends the process at once. */
export function stopSignal(): Promise<'asked'> {
  return new Promise((resolve) => {
    let askedAt: number | undefined;
    const take = (signal: 'SIGINT' | 'SIGTERM'): void => {
      askedAt ??= performance.now();
      if (performance.now() - askedAt > echoTime) process.exit(128 + constants.signals[signal]);
      resolve('asked');
    };
    process.on('SIGINT', take);
    process.on('SIGTERM', take);
  });
}
