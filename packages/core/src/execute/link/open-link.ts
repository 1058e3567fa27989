import type { WorkerPlan } from '../worker-plan.js';
import { ProcessLink } from './process-link.js';
import { ThreadLink } from './thread-link.js';
import type { LinkEvents, WorkerLink } from './worker-link.js';

/** Makes the line to a new worker of the plan's kind. Throws where such workers cannot be made. */
export function openLink(plan: WorkerPlan, events: LinkEvents): WorkerLink {
  switch (plan.mode) {
    case 'thread':
    case 'greedy_thread':
      return new ThreadLink(plan, events);
    case 'process':
    case 'greedy_process':
      return new ProcessLink(plan, events);
    case 'inline':
      throw new Error('handlers that run inline have no worker');
  }
}
