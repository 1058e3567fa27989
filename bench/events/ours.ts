import { bootstrap, type WorkerMode } from '@micro-framework/core';
import { payload } from '../payload.js';
import type { Consumption } from './consuming.js';
import { OrdersModule } from './orders-service.js';

/** A listener with one worker that runs as many calls at a time as are prefetched. */
export function ours(url: string, workerMode: WorkerMode): Consumption {
  const serviceName = `orders-${workerMode}`;
  return {
    queue: `shop.order_placed__${serviceName}.Orders.handle`,
    body: Buffer.from(JSON.stringify(payload)),
    start: async (prefetch) => {
      const runner = await bootstrap(OrdersModule, {
        serviceName,
        amqpUri: url,
        workerMode,
        maxWorkers: 1,
        tasksPerWorker: prefetch,
        logLevel: 'error',
        signals: false,
      });
      return { handled: () => runner.routes[0]?.counts.succeeded ?? 0, stop: () => runner.stop() };
    },
  };
}
