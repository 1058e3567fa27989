import { fileURLToPath } from 'node:url';
import { type Broker, BrokerError, type BrokerOptions, startBroker } from '@micro-framework/broker';
import { exitCode } from '../command.js';
import { npxGone } from '../npx-gone.js';
import { stopSignal } from '../stop-signal.js';
import { portInUse } from './port-in-use.js';
import { isLoopback } from './settings.js';

/** Runs a broker until a signal, or the end of the npx that runs it, asks it to stop. Resolves to the exit code. */
export async function serve(options: BrokerOptions): Promise<number> {
  const asked = Promise.race([stopSignal(), npxGone()]);
  const { died, onError } = trouble();
  const broker = await start({ ...options, onError });
  console.log(broker.url);
  console.error(explanation(options));
  const end = await Promise.race([asked, died]);
  if (end === 'died') return exitCode.failed;
  await broker.close();
  return exitCode.done;
}

async function start(options: BrokerOptions): Promise<Broker> {
  try {
    return await startBroker(options);
  } catch (error) {
    const { host, port } = options;
    const isTaken = error instanceof BrokerError && error.code === 'BROKER_PORT_IN_USE';
    throw isTaken && host !== undefined && port !== undefined ? await portInUse(host, port, error) : error;
  }
}

function explanation({ storage, host = '' }: BrokerOptions): string {
  const keeps =
    storage === undefined
      ? 'messages are in memory only, --data <dir> would keep them'
      : `durable queues and persistent messages are kept in ${fileURLToPath(storage)}`;
  const open = isLoopback(host) ? '' : '; other machines can connect, and nothing is encrypted';
  return `${keeps}${open}; Ctrl+C stops the broker`;
}

/** Tells what goes wrong inside the broker. `died` resolves when it is gone. */
function trouble(): { readonly died: Promise<'died'>; onError(error: Error): void } {
  let resolve: (end: 'died') => void;
  const died = new Promise<'died'>((done) => {
    resolve = done;
  });
  const onError = (error: Error): void => {
    console.error(`micro-framework broker: ${error.message}`);
    if ((error as BrokerError).code === 'BROKER_HOST_DIED') resolve('died');
  };
  return { died, onError };
}
