import { ScanError } from '../errors/kernel-errors.js';
import type { EntrypointContext } from '../extend/entrypoint.js';
import type { Extension } from '../extend/extension.js';
import { leadershipProvider } from '../extend/leadership.js';
import { at } from '../route/fault.js';
import type { Route } from '../route/route.js';
import { MomentSchedule } from './moment-schedule.js';
import { momentsOf } from './moments.js';
import type { TimerSpec } from './timer.js';
import { TimerEntrypoint } from './timer-entrypoint.js';

/** The main-side half of a timer whose ticks run on one instance of the service each. */
export async function createClusterTimer(context: EntrypointContext<TimerSpec>): Promise<Extension> {
  const { route } = context;
  const { schedule, timezone, eager = false } = route.entrypoint.options;
  const provider = leadershipProvider();
  if (!provider) throw ScanError.of([nobodyElects(route)]);
  const moments = momentsOf(schedule, timezone);
  const elected = (): void => {
    const due = eager && moments.last(new Date());
    // If another instance has run it, the claim is refused.
    if (due) timer.tick(due);
  };
  const leadership = await provider.candidate({ name: route.target, elected }, context);
  const timer = new TimerEntrypoint(context, { schedule: new MomentSchedule(moments), leadership });
  return timer;
}

function nobodyElects({ target, file }: Route<TimerSpec>): string {
  return (
    `@Timer on ${target}${at(file)} has cluster: true, but no transport is loaded by which instances could agree: ` +
    "npm install @micro-framework/amqp and import '@micro-framework/amqp', or leave cluster out and every instance ticks."
  );
}
