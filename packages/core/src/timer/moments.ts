import { Cron } from 'croner';

/** The moments of a schedule by the clock on the wall: instances that share none of their memory agree on them. */
export interface Moments {
  /** The first one after that time; undefined when there is none any more. */
  next(after: Date): Date | undefined;
  /** The last one up to that time, itself included; undefined when there was none yet. */
  last(upTo: Date): Date | undefined;
}

/** The moments of a timer whose options were checked. */
export function momentsOf(schedule: number | string, timezone: string | undefined): Moments {
  return typeof schedule === 'number' ? gridOf(schedule) : cronMoments(schedule, timezone);
}

/** Multiples of the interval since 1970. */
function gridOf(ms: number): Moments {
  return {
    next: (after) => new Date((Math.floor(after.getTime() / ms) + 1) * ms),
    last: (upTo) => new Date(Math.floor(upTo.getTime() / ms) * ms),
  };
}

function cronMoments(expression: string, timezone: string | undefined): Moments {
  const cron = new Cron(expression, { paused: true, ...(timezone !== undefined && { timezone }) });
  return {
    next: (after) => cron.nextRun(after) ?? undefined,
    // What the library tells is before the time it is given.
    last: (upTo) => cron.previousRuns(1, new Date(upTo.getTime() + 1))[0],
  };
}
