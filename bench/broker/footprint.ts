import type { Contender } from '../harness/suite.js';
import { backlog, backlogGroup, pileUp } from './backlog.js';
import { startBrokerProcess } from './broker-process.js';

/** What waiting messages cost a broker that has nothing else in its process. */
export async function footprint(): Promise<Contender> {
  return {
    measure: async () => {
      const broker = await startBrokerProcess();
      const before = await broker.memory();
      await pileUp(broker.url, 'footprint');
      const value = ((await broker.memory()) - before) / backlog;
      await broker.close();
      return [{ group: backlogGroup, metric: 'memory', unit: 'bytes/message', value }];
    },
    close: async () => {},
  };
}
