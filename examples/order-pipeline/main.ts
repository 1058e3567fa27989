import { parseArgs } from 'node:util';
import { bootstrap, type RunningRoute } from 'micro-framework';
import { orders, ShopModule } from './shop.js';

const broker = brokerAddress();
const runner = await bootstrap(ShopModule, {
  serviceName: 'shop',
  workerMode: 'process',
  logLevel: 'fatal',
  amqpUri: broker,
  // A demo is over within half a minute of its start, whatever is slow or missing.
  amqpStartTimeout: 10_000,
  workerStartTimeout: 15_000,
  shutdownTimeout: 3_000,
});
const patience = 25_000;

while (!isDone(runner.routes) && performance.now() < patience)
  await new Promise((resolve) => setTimeout(resolve, 100));
await runner.stop();

console.log('\nWhat happened, in attempts:');
console.table(
  Object.fromEntries(
    runner.routes.filter(isListener).map(({ target, counts }) => [
      target,
      {
        succeeded: counts.succeeded,
        failed: counts.failed,
        'worker killed': counts.crashed,
        malformed: counts.rejected,
        'tried again': counts.retried,
        'dead letters': counts.deadLettered,
      },
    ]),
  ),
);
if (!isDone(runner.routes)) {
  console.error('not every order was done within 25 seconds of the start');
  process.exitCode = 1;
}

/** `--broker <address>`, else the embedded one in memory. */
function brokerAddress(): string {
  const usage = 'usage: npm run demo [-- --broker amqp://guest:guest@localhost:5672]';
  try {
    const options = { broker: { type: 'string', default: 'memory://' }, help: { type: 'boolean' } } as const;
    const { values } = parseArgs({ options });
    if (!values.help) return values.broker;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`);
    process.exit(2);
  }
}

/** The till ticks on until the end, which tells nothing. */
function isListener({ entrypoint }: RunningRoute): boolean {
  return entrypoint === 'EventListener';
}

/** Every order was shipped, but for the malformed one, which lies in the dead letters. */
function isDone(routes: readonly RunningRoute[]): boolean {
  const counts = (target: string) => routes.find((route) => route.target === target)?.counts;
  return (
    (counts('Shipping.ship')?.succeeded ?? 0) >= orders.count - 1 &&
    counts('Pricing.price')?.deadLettered === 1
  );
}
