import { type BrokerOptions, startBroker } from '@micro-framework/broker';

// A broker in a process of its own, for tests that kill it: options as JSON in, its URL out.

const options = JSON.parse(process.argv[2] ?? '{}') as BrokerOptions;
function complain(error: Error): void {
  console.error((error as Error & { code?: string }).code ?? error.message);
}

const broker = await startBroker({
  ...options,
  onError: complain,
});
console.log(broker.url);
process.on('SIGTERM', () => {
  broker.close().then(
    () => process.exit(0),
    (error: Error) => {
      complain(error);
      process.exit(1);
    },
  );
});
