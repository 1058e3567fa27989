import { fileURLToPath } from 'node:url';
import { peer } from '../harness/peers.js';
import { bare } from './bare-amqplib.js';
import type { Consumption } from './consuming.js';

interface PiscinaModule {
  readonly default: new (options: {
    readonly filename: string;
    readonly minThreads: number;
    readonly maxThreads: number;
    readonly concurrentTasksPerWorker: number;
  }) => { run(task: unknown): Promise<unknown>; destroy(): Promise<void> };
}

/** Amqplib that hands each message to the usual pool of threads, with as many calls a thread as ours. */
export async function amqplibAndPiscina(url: string): Promise<Consumption> {
  const { default: Piscina } = await peer<PiscinaModule>('piscina');
  const filename = fileURLToPath(new URL('./piscina-worker.js', import.meta.url));
  return {
    ...bare(url, 'amqplib + piscina', () => {}),
    start: async (prefetch) => {
      const pool = new Piscina({
        filename,
        minThreads: 1,
        maxThreads: 1,
        concurrentTasksPerWorker: prefetch,
      });
      const consumption = bare(
        url,
        'amqplib + piscina',
        (channel, message) => channel.ack(message),
        // Text is cloned faster than bytes, or than what is parsed of them.
        (content) => pool.run(content.toString()),
      );
      const consumer = await consumption.start(prefetch);
      return {
        handled: consumer.handled,
        stop: async () => {
          await consumer.stop();
          await pool.destroy();
        },
      };
    },
  };
}
