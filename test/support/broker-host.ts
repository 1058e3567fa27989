import { type BrokerOptions, startBroker } from '@micro-framework/broker';

// A broker in a process of its own, for tests that kill it: options as JSON in, its URL out.

const options = JSON.parse(process.argv[2] ?? '{}') as BrokerOptions;
const broker = await startBroker({
  ...options,
  onError: (error) => console.error((error as Error & { code?: string }).code ?? error.message),
});
console.log(broker.url);
process.on('SIGTERM', () => {
  void broker.close().then(() => process.exit(0));
});
