import { type ChannelModel, connect as connectBySocket } from 'amqplib';
import type { Contender, Host } from '../harness/suite.js';
import { RoundTrip } from './round-trip.js';
import { Throughput } from './throughput.js';

/** A broker, and how its clients connect. */
export interface BrokerHost extends Host {
  /** By its URL where left out. */
  connect?(): Promise<ChannelModel>;
}

/** A broker under every load that needs no more than connections. */
export async function underLoad(starting: Promise<BrokerHost>): Promise<Contender> {
  const { url, versions, close, connect = () => connectBySocket(url, { noDelay: true }) } = await starting;
  const loads = [
    await Throughput.open(connect, 'not kept'),
    await Throughput.open(connect, 'kept'),
    await RoundTrip.open(connect),
  ];
  const contender = inTurn(loads, close);
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
