import { mainThreadCpu } from '../harness/cpu.js';
import { quantile } from '../harness/statistics.js';
import type { Contender, Figure } from '../harness/suite.js';
import { type Payload, payload } from '../payload.js';

/** Sends a payload somewhere and resolves with what came back. */
export type Echo = (payload: Payload) => Promise<unknown>;

/** How many calls are open at the same time. */
const concurrencies = [1, 64] as const;

/** Where the figures of a concurrency stand. */
export function groupOf(concurrency: number): string {
  return concurrency === 1 ? 'one call at a time' : `${concurrency} calls at once`;
}

/** A contender that is asked again as soon as it has answered, with a number of calls open all the time. */
export function closedLoop(echo: Echo, close: () => Promise<unknown> = async () => {}): Contender {
  return {
    measure: async (seconds) => {
      const figures: Figure[] = [];
      for (const concurrency of concurrencies) figures.push(...(await measure(echo, concurrency, seconds)));
      return figures;
    },
    close: async () => {
      await close();
    },
  };
}

async function measure(echo: Echo, concurrency: number, seconds: number): Promise<Figure[]> {
  const latencies: number[] = [];
  const cpu = mainThreadCpu();
  const begin = performance.now();
  const end = begin + seconds * 1_000;
  const caller = async (): Promise<void> => {
    for (let now = performance.now(); now < end; ) {
      await echo(payload);
      const after = performance.now();
      latencies.push(after - now);
      now = after;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  const elapsed = performance.now() - begin;
  const used = mainThreadCpu() - cpu;
  const figure = (metric: string, unit: string, value: number): Figure => {
    return { group: groupOf(concurrency), metric, unit, value };
  };
  return [
    figure('calls/s', 'calls/s', (latencies.length / elapsed) * 1_000),
    figure('p50', 'us', quantile(latencies, 0.5) * 1_000),
    figure('p99', 'us', quantile(latencies, 0.99) * 1_000),
    figure('main CPU', 'us/call', used / latencies.length),
  ];
}
