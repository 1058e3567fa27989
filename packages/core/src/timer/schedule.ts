import { inspect } from 'node:util';
import { Cron } from 'croner';

const longestTimer = 2 ** 31 - 1;

/** Where a timer's ticks come from. */
export interface Schedule {
  /** Calls `tick` at each moment of the schedule until `stop`. */
  start(tick: (firedAt: Date) => void): void;
  stop(): void;
}

/** What is wrong with a schedule, a sentence each. */
export function scheduleFaults(schedule: number | string, timezone: string | undefined): string[] {
  if (typeof schedule !== 'string') return intervalFaults(schedule, timezone);
  const faults = timezone === undefined || isTimezone(timezone) ? [] : [noTimezone(timezone)];
  return [...faults, ...cronFaults(schedule)];
}

function intervalFaults(ms: unknown, timezone: string | undefined): string[] {
  const faults =
    timezone === undefined ? [] : ['a timezone is for cron schedules; an interval is the same everywhere.'];
  const possible = typeof ms === 'number' && Number.isInteger(ms) && ms >= 1 && ms <= longestTimer;
  if (possible) return faults;
  return [
    `the interval ${inspect(ms)} is impossible: give whole milliseconds from 1 to ${longestTimer}, or a cron schedule.`,
    ...faults,
  ];
}

function cronFaults(schedule: string): string[] {
  if (/^\s*\d+\s*$/.test(schedule)) {
    const ms = Number(schedule);
    return [
      `the schedule '${schedule}' is no cron schedule: did you mean the number ${ms}, in milliseconds?`,
    ];
  }
  const fields = schedule.trim().split(/\s+/);
  // The library takes years as well, and nicknames such as @daily.
  if (!schedule.trim().startsWith('@') && (fields.length < 5 || fields.length > 6)) {
    return [`the schedule '${schedule}' is impossible: write five fields, or six with seconds first.`];
  }
  try {
    return new Cron(schedule, { paused: true }).nextRun() ? [] : [`the schedule '${schedule}' never fires.`];
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error);
    return [`the schedule '${schedule}' is impossible: ${reason}`];
  }
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function noTimezone(name: string): string {
  return `there is no time zone '${name}': give a name such as 'Europe/Berlin' or 'UTC'.`;
}

/** Makes the schedule of a timer whose options were checked. */
export function createSchedule(schedule: number | string, timezone: string | undefined): Schedule {
  return typeof schedule === 'number' ? new IntervalSchedule(schedule) : new CronSchedule(schedule, timezone);
}

/** Every `ms` milliseconds from the start; moments that a busy loop missed are passed over, not caught up. */
class IntervalSchedule implements Schedule {
  readonly #ms: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  start(tick: (firedAt: Date) => void): void {
    const origin = performance.now();
    const arm = (): void => {
      const elapsed = performance.now() - origin;
      // The next moment of the grid. A timer may fire a fraction early: half a millisecond counts as there.
      const next = (Math.floor((elapsed + 0.5) / this.#ms) + 1) * this.#ms;
      this.#timer = setTimeout(fire, next - elapsed);
    };
    const fire = (): void => {
      arm();
      tick(new Date());
    };
    arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** By a cron expression. */
class CronSchedule implements Schedule {
  readonly #expression: string;
  readonly #timezone: string | undefined;
  #cron: Cron | undefined;

  constructor(expression: string, timezone: string | undefined) {
    this.#expression = expression;
    this.#timezone = timezone;
  }

  start(tick: (firedAt: Date) => void): void {
    const options = this.#timezone === undefined ? {} : { timezone: this.#timezone };
    this.#cron = new Cron(this.#expression, options, () => tick(new Date()));
  }

  stop(): void {
    this.#cron?.stop();
  }
}
