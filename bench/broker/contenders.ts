import type { Contender, Host } from '../harness/suite.js';
import { RoundTrip } from './round-trip.js';
import { Throughput } from './throughput.js';

/** A broker under every load that needs no more than its URL. */
export async function underLoad(starting: Promise<Host>): Promise<Contender> {
  const { url, versions, close } = await starting;
  const contender = inTurn(
    [await Throughput.open(url, 'not kept'), await Throughput.open(url, 'kept'), await RoundTrip.open(url)],
    close,
  );
  return versions ? { ...contender, versions } : contender;
}

/** Several things measured of one contender, one after the other. */
export function inTurn(parts: readonly Contender[], finish: () => Promise<void> = async () => {}): Contender {
  return {
    measure: async (seconds) => {
      const figures = [];
      for (const part of parts) figures.push(...(await part.measure(seconds)));
      return figures;
    },
    close: async () => {
      for (const part of parts) await part.close();
      await finish();
    },
  };
}
