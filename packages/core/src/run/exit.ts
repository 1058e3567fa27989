import type { Runner } from './runner.js';

/** How the process ends when a signal, or a failure, stopped its services. */
export const exitCodes = {
  /** All calls ended, everything was settled. */
  clean: 0,
  /** The service could not start, or could not go on. */
  failed: 1,
  /** The stop's deadline cut off calls; what triggered them was handed back. `EX_TEMPFAIL` of sysexits.h. */
  unfinished: 75,
} as const;

/** The exit code that tells how runners ended. */
export function exitCodeOf(runners: readonly Pick<Runner, 'failure' | 'unfinished'>[]): number {
  if (runners.some(({ failure }) => failure)) return exitCodes.failed;
  if (runners.some(({ unfinished }) => unfinished > 0)) return exitCodes.unfinished;
  return exitCodes.clean;
}
