// A broker in a process of its own: its options as JSON in, its URL out, and its memory whenever it is asked.
import { type BrokerOptions, startBroker } from '@micro-framework/broker';

const broker = await startBroker(JSON.parse(process.argv[2] ?? '{}') as BrokerOptions);
process.on('message', () => process.send?.(process.memoryUsage.rss()));
process.once('SIGTERM', async () => {
  await broker.close();
  process.disconnect();
});
process.send?.(broker.url);
