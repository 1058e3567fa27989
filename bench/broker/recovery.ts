import { startBroker } from '@micro-framework/broker';
import type { Contender } from '../harness/suite.js';
import { backlog, backlogGroup, pileUp } from './backlog.js';
import { startBrokerProcess } from './broker-process.js';
import { newFolder } from './folder.js';

/** How long a broker takes to start on the folder that one left behind which was killed. */
export async function recovery(): Promise<Contender> {
  const left = newFolder();
  const killed = await startBrokerProcess({ storage: left.storage });
  await pileUp(killed.url, 'recovery');
  await killed.kill();
  return {
    measure: async () => {
      const folder = left.copy();
      const begin = performance.now();
      const broker = await startBroker({ storage: folder.storage });
      const value = performance.now() - begin;
      const { queues } = await broker.status();
      await broker.close();
      folder.remove();
      if (queues[0]?.ready !== backlog) throw new Error(`${queues[0]?.ready} messages were recovered`);
      return [{ group: backlogGroup, metric: 'recovery', unit: 'ms', value }];
    },
    close: async () => left.remove(),
  };
}
