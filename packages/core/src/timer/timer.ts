import { inspect } from 'node:util';
import type {
  EntrypointContext,
  EntrypointDecorator,
  EntrypointDefinition,
  RouteOptions,
} from '../extend/entrypoint.js';
import { annotate } from '../extend/entrypoint.js';
import type { Extension } from '../extend/extension.js';
import { createClusterTimer } from './cluster-timer.js';
import { createSchedule, scheduleFaults } from './schedule.js';
import { TimerEntrypoint } from './timer-entrypoint.js';

/** Options of `@Timer`. */
export interface TimerOptions extends RouteOptions {
  /**
   * Fire once at the start, too. With `cluster`: whenever an instance takes over, make up for the last tick that was due,
   * unless some instance has run it. Default: `false`.
   */
  readonly eager?: boolean;
  /** IANA time zone of a cron schedule, such as `Europe/Berlin`. Default: that of the process. */
  readonly timezone?: string;
  /**
   * What becomes of a tick while the one before still runs: `skip` it, `queue` it (at most one waits), or `allow` both
   * at once. Default: `skip`, so a method is never called twice at once.
   */
  readonly overlap?: 'skip' | 'queue' | 'allow';
  /**
   * Run each tick on one instance of the service only, and at most once. Its moment is then that of the schedule by the
   * wall clock (a multiple of the interval since 1970, or what the cron expression says), to which the clocks of the
   * machines must agree within a minute. The instances agree by way of the broker; ticks that are due while the
   * leader fails and another one takes over are passed over. Default: `false`, every instance ticks.
   */
  readonly cluster?: boolean;
}

/** A timer's options with its schedule. */
export interface TimerSpec extends TimerOptions {
  /** Milliseconds, or a cron expression. */
  readonly schedule: number | string;
}

/** The entrypoint behind `@Timer`: its input is the moment it fired at. */
const timerEntrypoint: EntrypointDefinition<TimerSpec> = {
  kind: 'Timer',
  arity: 1,
  optionNames: ['schedule', 'eager', 'timezone', 'overlap', 'cluster'],
  check: ({ schedule, timezone, overlap = 'skip', cluster = false }) => [
    ...scheduleFaults(schedule, timezone),
    ...(['skip', 'queue', 'allow'].includes(overlap)
      ? []
      : [`overlap is '${overlap}': give skip, queue or allow.`]),
    ...(typeof cluster === 'boolean' ? [] : [`cluster is ${inspect(cluster)}: give true or false.`]),
  ],
  // The instances know a timer by its name.
  claims: ({ target, entrypoint: { options } }, { serviceName }) =>
    options.cluster ? [`cluster timer ${serviceName}.${target}`] : [],
  create: createTimer,
  receive: (input) => ({ kind: 'call', args: [input] }),
};

function createTimer(context: EntrypointContext<TimerSpec>): Promise<Extension> | Extension {
  const { schedule, timezone, cluster } = context.route.entrypoint.options;
  if (cluster) return createClusterTimer(context);
  return new TimerEntrypoint(context, { schedule: createSchedule(schedule, timezone) });
}

/**
 * Calls the method every `schedule` milliseconds, or by a cron expression of five or six fields. The handler gets the
 * moment it fired at. Ticks stand on a fixed grid: a slow handler shifts none. A failed tick follows its `backOff`;
 * what fails for good is logged and counted.
 *
 * @example
 * ```ts
 * @Timer(5_000) poll(firedAt: Date) {}
 * @Timer('*\/5 * * * *', { timezone: 'Europe/Berlin' }) report(firedAt: Date) {}
 * @Timer('0 3 * * *', { timezone: 'UTC', cluster: true }) nightly(firedAt: Date) {} // on one instance
 * ```
 */
export function Timer(
  schedule: number | string,
  options: TimerOptions = {},
): EntrypointDecorator<[firedAt: Date]> {
  return annotate(timerEntrypoint, { schedule, ...options });
}
