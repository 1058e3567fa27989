import { quantile } from '../harness/statistics.js';
import type { Contender, Figure } from '../harness/suite.js';
import { quote } from './quote.js';
import { amqpEchoes, type Caller, echoes } from './remote-echo.js';
import { startServer } from './server-process.js';

/** How many calls are open at the same time. */
const concurrencies = [1, 50] as const;

/**
 * Calls before any is measured, as many for all: a service calls for years, and what its first seconds take is not what a
 * round of half a second should tell, least of all where it has few calls.
 */
const warmUp = 20_000;
/** And before each measurement, while that takes no longer than one: the others were measured, this one has stood still. */
const reviving = 1_000;

/** Where the figures of a transport and a concurrency stand. */
export function groupOf(transport: 'WebSocket' | 'AMQP', concurrency: number): string {
  return `${transport}, ${concurrency === 1 ? 'one call at a time' : `${concurrency} calls at once`}`;
}

/** Calls a server, which has a process of its own, over one connection. */
export async function callLoad(name: string, broker: string): Promise<Contender> {
  const load = echoes[name];
  if (!load) throw new Error(`there is no ${name}`);
  const { connect } = await load();
  const { port, close } = await startServer(name, broker);
  const transport = name in amqpEchoes ? 'AMQP' : 'WebSocket';
  const caller = await connect(port, broker);
  await warm(caller, Math.max(...concurrencies), warmUp, Number.POSITIVE_INFINITY);
  return {
    measure: async (seconds) => {
      const figures: Figure[] = [];
      for (const concurrency of concurrencies)
        figures.push(...(await measure(caller, groupOf(transport, concurrency), concurrency, seconds)));
      return figures;
    },
    close: async () => {
      await caller.close();
      await close();
    },
  };
}

async function warm(caller: Caller, concurrency: number, calls: number, seconds: number): Promise<void> {
  const until = performance.now() + seconds * 1_000;
  let left = calls;
  const work = async (): Promise<void> => {
    while (left-- > 0 && performance.now() < until) await caller.call(quote);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

async function measure(
  caller: Caller,
  group: string,
  concurrency: number,
  seconds: number,
): Promise<Figure[]> {
  await warm(caller, concurrency, reviving, seconds);
  const latencies: number[] = [];
  const begin = performance.now();
  const end = begin + seconds * 1_000;
  const work = async (): Promise<void> => {
    for (let now = performance.now(); now < end; ) {
      await caller.call(quote);
      const after = performance.now();
      latencies.push(after - now);
      now = after;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const elapsed = performance.now() - begin;
  const figure = (metric: string, unit: string, value: number): Figure => {
    return { group, metric, unit, value };
  };
  return [
    figure('calls/s', 'calls/s', (latencies.length / elapsed) * 1_000),
    figure('p50', 'us', quantile(latencies, 0.5) * 1_000),
    figure('p99', 'us', quantile(latencies, 0.99) * 1_000),
  ];
}
