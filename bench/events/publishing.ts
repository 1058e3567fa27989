import { mainThreadCpu } from '../harness/cpu.js';
import type { Contender } from '../harness/suite.js';
import type { Sink } from './sink.js';

/** Publishes a message and resolves when the broker has confirmed it. */
export type Publish = () => Promise<void>;

const inFlight = 100;

/** Messages before the clock starts, as many for both: while others were measured this one has stood still. */
const warmUp = 5_000;

export const publishingGroup = `publishing, ${inFlight} in flight`;

/** A contender that publishes again as soon as the broker has confirmed, with a number of messages open all the time. */
export function publishing(publish: Publish, sink: Sink, close: () => Promise<void>): Contender {
  return {
    measure: async (seconds) => {
      let published = 0;
      await publishWhile(() => published++ < warmUp, publish);
      await sink.empty();
      const cpu = mainThreadCpu();
      const begin = performance.now();
      const end = begin + seconds * 1_000;
      const confirmed = await publishWhile(() => performance.now() < end, publish);
      const value = (confirmed / (performance.now() - begin)) * 1_000;
      const used = (mainThreadCpu() - cpu) / confirmed;
      const arrived = await sink.empty();
      if (arrived !== confirmed) throw new Error(`${confirmed} messages were confirmed, ${arrived} arrived`);
      return [
        { group: publishingGroup, metric: 'messages/s', unit: 'messages/s', value },
        { group: publishingGroup, metric: 'main CPU', unit: 'us/message', value: used },
      ];
    },
    close: async () => {
      await sink.close();
      await close();
    },
  };
}

/** Resolves with how many were confirmed. */
async function publishWhile(goesOn: () => boolean, publish: Publish): Promise<number> {
  let confirmed = 0;
  const publisher = async (): Promise<void> => {
    while (goesOn()) {
      await publish();
      confirmed += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, publisher));
  return confirmed;
}
