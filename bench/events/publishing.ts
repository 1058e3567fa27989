import { mainThreadCpu } from '../harness/cpu.js';
import type { Contender } from '../harness/suite.js';
import type { Sink } from './sink.js';

/** Publishes a message and resolves when the broker has confirmed it. */
export type Publish = () => Promise<void>;

const inFlight = 100;

export const publishingGroup = `publishing, ${inFlight} in flight`;

/** A contender that publishes again as soon as the broker has confirmed, with a number of messages open all the time. */
export function publishing(publish: Publish, sink: Sink, close: () => Promise<void>): Contender {
  return {
    measure: async (seconds) => {
      let confirmed = 0;
      const cpu = mainThreadCpu();
      const begin = performance.now();
      const end = begin + seconds * 1_000;
      const publisher = async (): Promise<void> => {
        while (performance.now() < end) {
          await publish();
          confirmed += 1;
        }
      };
      await Promise.all(Array.from({ length: inFlight }, publisher));
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
