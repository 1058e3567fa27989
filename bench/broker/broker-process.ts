import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BrokerOptions } from '@micro-framework/broker';
import type { Host } from '../harness/suite.js';

const file = fileURLToPath(new URL('./broker-main.js', import.meta.url));

/** The embedded broker in a process of its own. */
export interface BrokerProcess extends Host {
  /** Bytes of memory that the process has. */
  memory(): Promise<number>;
  /** Ends it as a power cut would, as far as the process is concerned. */
  kill(): Promise<void>;
}

export async function startBrokerProcess(options: BrokerOptions = {}): Promise<BrokerProcess> {
  const child = fork(file, [JSON.stringify(options)]);
  const ended = once(child, 'exit');
  const answer = async (): Promise<unknown> => {
    const [message] = await Promise.race([once(child, 'message'), ended.then(() => [undefined])]);
    if (message === undefined) throw new Error('the process of a broker ended before it had answered');
    return message;
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  return {
    url: String(await answer()),
    memory: async () => {
      child.send('memory');
      return Number(await answer());
    },
    close: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}
