import { type Broker, type BrokerOptions, startBroker } from '@micro-framework/broker';

/** Starts a broker, in this thread unless the options say otherwise, and closes it after `use`. */
export async function run<T>(
  options: BrokerOptions,
  use: (broker: Broker & { readonly url: string }) => Promise<T>,
): Promise<T> {
  const broker = await startBroker({ thread: false, ...options });
  try {
    return await use(broker as Broker & { readonly url: string });
  } finally {
    await broker.close();
  }
}
