import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { connectRpc } from 'micro-framework';
import { eventually } from '../../support/eventually.js';
import { openVhost } from '../../support/rabbitmq.js';
import { type Quotes, QuotesModule } from './fixtures/quotes.js';
import { calling } from './support/calling.js';
import { serve } from './support/serve.js';

// `npm run test:load` asks for a hundred thousand.
const calls = Number(process.env.LEAK_CALLS ?? 2_000);

test(`${calls} calls of all ends leave nothing behind`, async (t) => {
  const { uri } = await openVhost();
  const server = await serve(t, QuotesModule, { amqpUri: uri, workerMode: 'inline', tasksPerWorker: 64 });
  const { quotes, runner, pending } = await calling(t, uri);
  await quotes.targets();
  // Those that look after connections come and go; none is left of a call.
  const timers = countOf('Timeout');
  const idle = process.getActiveResourcesInfo().filter((resource) => resource !== 'Timeout');
  const { signal } = new AbortController();
  const aborted = AbortSignal.abort(new Error('given up'));
  let changed = 0;
  const make = (index: number, midway: AbortSignal): Promise<unknown> => {
    switch (index % 10) {
      case 0:
        return quotes.price('?').catch(() => {});
      case 1:
        return quotes.echo.notify(index);
      case 2:
        return quotes.echo.call([index], { signal: aborted }).catch(() => {});
      case 3:
        return quotes.slow.call([20], { timeout: 1, signal }).catch(() => {});
      case 4:
        return quotes.slow.call([300], { signal: midway }).catch(({ message }: Error) => {
          if (message === 'changed my mind') changed += 1;
        });
      default:
        return quotes.echo.call([index], { signal });
    }
  };

  for (let done = 0; done < calls; done += 500) {
    const midway = new AbortController();
    const all = Promise.all(Array.from({ length: 500 }, (_, index) => make(index, midway.signal)));
    // Behind those that take their time: they are on their way by now.
    await quotes.running();
    midway.abort(new Error('changed my mind'));
    await all;
    assert.equal(getEventListeners(midway.signal, 'abort').length, 0);
  }

  assert.ok(changed > 0);
  assert.equal(pending(), 0);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  // Calls that were given up run all the same: the faster the others were, the more of them wait.
  await eventually(async () => assert.equal(await quotes.running(), 0), 60_000);
  const held = (): unknown => runner.health().parts.find(({ name }) => name === 'RabbitMQ')?.details.pending;
  assert.deepEqual(held(), { messages: 0, bytes: 0 });
  await eventually(() =>
    assert.deepEqual(
      process.getActiveResourcesInfo().filter((resource) => resource !== 'Timeout'),
      idle,
    ),
  );
  await eventually(() => assert.ok(countOf('Timeout') <= timers + 2, `${countOf('Timeout')}, not ${timers}`));
  await runner.stop();
  await server.stop();
  const sockets = (): string[] => process.getActiveResourcesInfo().filter((resource) => /TCP/.test(resource));
  await eventually(() => assert.deepEqual(sockets(), []));
});

test('a program that calls and closes ends by itself', async (t) => {
  const { uri } = await openVhost();
  const server = await serve(t, QuotesModule, { amqpUri: uri, workerMode: 'inline' });
  const { service, close } = await connectRpc<Quotes>('quotes', { amqpUri: uri, logLevel: 'silent' });
  assert.equal(await service.echo(1), 1);
  const open = service.slow(5_000);
  const given = assert.rejects(open, { code: 'RPC_UNREACHABLE' });

  await close();
  await given;

  await server.stop();
  const sockets = (): string[] => process.getActiveResourcesInfo().filter((resource) => /TCP/.test(resource));
  await eventually(() => assert.deepEqual(sockets(), []));
});

function countOf(resource: string): number {
  return process.getActiveResourcesInfo().filter((each) => each === resource).length;
}
