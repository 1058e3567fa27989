import { provideLeadership } from '@micro-framework/core';

// Import time: with this package loaded, `@Timer(..., { cluster: true })` has somebody to ask.
provideLeadership({
  async candidate(candidacy, context) {
    // The driver is for the main side only.
    const { QueueLeadership } = await import('./queue-leadership.js');
    return new QueueLeadership(candidacy, context);
  },
});
