import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  AmqpRpcSystem,
  type AnyService,
  connectRpc,
  RemoteError,
  RpcBadArgumentsError,
  RpcBusyError,
  RpcCrashedError,
  RpcProtocolError,
  RpcTimeoutError,
  RpcUnknownTargetError,
  type Runner,
} from 'micro-framework';
import { openPeer } from '../../support/amqp-peer.js';
import { brokers } from '../../support/brokers.js';
import { eventually } from '../../support/eventually.js';
import type { Portfolio } from './fixtures/callers.js';
import { QuotesModule, UnknownSymbolError } from './fixtures/quotes.js';
import { calling } from './support/calling.js';
import { serve } from './support/serve.js';

for (const broker of brokers) {
  describe(`over ${broker.name}`, () => {
    test('a handler calls another service, and gets what that returns, or the error it throws', async (t) => {
      const { uri } = await broker.open();
      await serve(t, QuotesModule, { amqpUri: uri });
      const { runner } = await calling(t, uri, { workerMode: 'thread' });
      const own = await connectRpc<Portfolio>('portfolio', { amqpUri: uri, logLevel: 'silent' });
      t.after(own.close);

      assert.equal(await own.service.value(['A', 'ACME']), 500);
      assert.equal(await own.service.missing(), 'no ?');
      const { stack, left } = await own.service.context.call([], { timeout: 20_000 });

      assert.deepEqual(
        stack.map((id) => id.slice(0, -37)),
        ['portfolio.Portfolio.context', 'quotes.Quotes.context'],
      );
      assert.ok(left <= 5_000, `no more than its caller has left, but ${left}`);
      assert.equal(runner.health().status, 'up');
    });

    test('results, errors and faults come back as what they are', async (t) => {
      const { uri } = await broker.open();
      await serve(t, QuotesModule, { amqpUri: uri, workerMode: 'inline' });
      const { quotes, pending } = await calling(t, uri);

      assert.equal(await quotes.price('A', 'EUR'), 93);
      assert.deepEqual(await quotes.echo({ a: [1, null, 'é✓'] }), { a: [1, null, 'é✓'] });
      assert.equal(await quotes.nothing(), null);
      assert.deepEqual(await quotes.echo('x'.repeat(2_000_000)), 'x'.repeat(2_000_000));
      await assert.rejects(quotes.price('?'), (error) => {
        assert.ok(error instanceof UnknownSymbolError);
        assert.equal(error.symbol, '?');
        return true;
      });
      await assert.rejects(quotes.price('!'), (error) => {
        assert.ok(error instanceof RemoteError);
        assert.deepEqual(
          [error.name, error.message, error.code],
          ['RangeError', 'not registered', 'E_RANGE'],
        );
        assert.equal((error as { limit?: unknown }).limit, 3);
        assert.doesNotMatch(error.stack ?? '', /fixtures.quotes/);
        return true;
      });
      await assert.rejects(quotes.unsendable(), { name: 'RpcUnsendableError', code: 'RPC_UNSENDABLE' });
      const given = quotes.price as unknown as (...args: unknown[]) => Promise<unknown>;
      await assert.rejects(given(), RpcBadArgumentsError);
      await assert.rejects(given('A', 'USD', 3), RpcBadArgumentsError);
      assert.equal(pending(), 0);
    });

    test('what nobody serves is an error at once', async (t) => {
      const { uri } = await broker.open();
      await serve(t, QuotesModule, { amqpUri: uri, workerMode: 'inline' });
      const { runner } = await calling(t, uri);
      const system = runner.get(AmqpRpcSystem);

      await assert.rejects(Promise.resolve(system.quotes?.absent?.()), (error) => {
        assert.ok(error instanceof RpcUnknownTargetError);
        assert.match(error.message, /^service quotes offers no absent: it has Quotes\.price, Quotes\.echo/);
        return true;
      });
      await assert.rejects(Promise.resolve(system.nobody?.anything?.()), RpcUnknownTargetError);
      for (const name of ['constructor', '__proto__', 'toString'])
        await assert.rejects(Promise.resolve(system.quotes?.[name]?.()), RpcUnknownTargetError);
    });

    test('what has a name that is too long for the broker is an error at once, and others go on', async (t) => {
      const { uri } = await broker.open();
      await serve(t, QuotesModule, { amqpUri: uri, workerMode: 'inline' });
      const { runner, quotes, pending } = await calling(t, uri);
      const long = 'x'.repeat(300);
      const unsendable = {
        code: 'RPC_UNSENDABLE',
        message: /^service .* cannot be sent: its routing key has \d+ bytes, AMQP takes 255/,
      };

      await assert.rejects(async () => runner.get(AmqpRpcSystem)[long]?.anything?.(), unsendable);
      for (const dialect of ['own', 'seed', 'nameko'] as const) {
        const options = { dialect, service: '' };
        const { service, close } = await connectRpc<AnyService>(
          'quotes',
          { amqpUri: uri, logLevel: 'silent' },
          options,
        );
        t.after(close);
        await assert.rejects(async () => service[long]?.(), unsendable);
        await assert.rejects(async () => service[long]?.notify(), unsendable);
      }

      assert.equal(await quotes.echo(1), 1);
      assert.equal(pending(), 0);
    });

    test('a service tells what it offers', async (t) => {
      const { uri } = await broker.open();
      await serve(t, QuotesModule, { amqpUri: uri, workerMode: 'inline' });
      const { quotes } = await calling(t, uri);

      const targets = await quotes.targets();

      assert.equal(targets[0]?.target, 'Quotes.price');
      assert.equal(quotes.price.info.description, 'The last price of a symbol.');
      assert.deepEqual(
        quotes.price.info.parameters.map(({ name, required }) => [name, required]),
        [
          ['symbol', true],
          ['currency', false],
        ],
      );
    });

    test('what wants no answer is run, and gets none', async (t) => {
      const { uri } = await broker.open();
      const server = await serve(t, QuotesModule, { amqpUri: uri, workerMode: 'inline' });
      const { quotes, pending } = await calling(t, uri);

      await quotes.echo.notify(1);

      assert.equal(pending(), 0);
      await eventually(() => {
        const route = server.routes.find(({ target }) => target === 'Quotes.echo');
        assert.equal(route?.counts.succeeded, 1);
      });
    });

    test('a call is given up when its time is over or its signal says so, and a late answer is nobody’s', async (t) => {
      const { uri } = await broker.open();
      await serve(t, QuotesModule, { amqpUri: uri, workerMode: 'inline', tasksPerWorker: 4 });
      const { quotes, pending } = await calling(t, uri);
      const { signal } = new AbortController();
      const abort = new AbortController();
      await quotes.targets();

      const calls = Promise.allSettled([
        quotes.slow.call([100], { timeout: 20, signal }),
        quotes.slow.call([100], { signal: abort.signal }),
      ]);
      abort.abort(new Error('given up'));
      const [late, given] = await calls;

      assert.ok(late.status === 'rejected' && late.reason instanceof RpcTimeoutError);
      assert.ok(given.status === 'rejected' && /given up/.test(String(given.reason)));
      await eventually(() => assert.equal(pending(), 0));
      await eventually(async () => assert.equal(await quotes.running(), 0));
      assert.equal(await quotes.echo('still here'), 'still here');
    });

    test('a call that waited for a worker until its caller had given it up is not begun', async (t) => {
      const { uri } = await broker.open();
      const server = await serve(t, QuotesModule, { amqpUri: uri, tasksPerWorker: 1 });
      const { quotes } = await calling(t, uri);
      const long = quotes.slow(1_000);
      await eventually(() => assert.equal(running(server), 1));

      await assert.rejects(quotes.echo.call(['late'], { timeout: 50 }), RpcTimeoutError);
      await assert.rejects(quotes.slow.call([0], { timeout: 50 }), RpcTimeoutError);
      await long;

      assert.equal(await quotes.running(), 0);
      const count = (target: string): unknown =>
        server.routes.find((route) => route.target === target)?.counts.succeeded;
      assert.deepEqual([count('Quotes.echo'), count('Quotes.slow')], [0, 1]);
    });

    test('where there is no room a call is tried again while its time lasts', async (t) => {
      const { uri } = await broker.open();
      const settings = { amqpUri: uri, tasksPerWorker: 1, maxQueue: 0 };
      const server = await serve(t, QuotesModule, settings);
      const { quotes } = await calling(t, uri);
      const long = quotes.slow(2_000);
      await eventually(() => assert.equal(running(server), 1));

      const [patient, impatient] = await Promise.allSettled([
        quotes.echo('patient'),
        quotes.price.call(['A'], { timeout: 500 }),
      ]);

      await long;
      assert.deepEqual(patient, { status: 'fulfilled', value: 'patient' });
      assert.ok(impatient.status === 'rejected' && impatient.reason instanceof RpcBusyError);
    });

    // The original's service says no, and is asked again; Nameko's leaves the call in the queue.
    for (const [dialect, prefix] of [
      ['seed', 'Quotes.'],
      ['nameko', ''],
    ] as const)
      test(`where there is no room a call waits for it in ${dialect}, too`, async (t) => {
        const { uri } = await broker.open();
        const settings = { amqpUri: uri, tasksPerWorker: 1, maxQueue: 0, amqpRpcDialects: [dialect] };
        const server = await serve(t, QuotesModule, settings);
        const caller = { amqpUri: uri, logLevel: 'silent' } as const;
        const { service, close } = await connectRpc<AnyService>('quotes', caller, { dialect, service: '' });
        t.after(close);
        const long = service[`${prefix}slow`]?.(1_000);
        await eventually(() => assert.equal(running(server), 1));

        assert.equal(await service[`${prefix}echo`]?.('patient'), 'patient');
        assert.equal(await long, 1_000);
      });

    test('the death of the worker is told, and the next call has another', async (t) => {
      const { uri } = await broker.open();
      await serve(t, QuotesModule, { amqpUri: uri });
      const { quotes, pending } = await calling(t, uri);

      await assert.rejects(quotes.die(), RpcCrashedError);

      assert.equal(await quotes.echo(1), 1);
      assert.equal(pending(), 0);
    });

    test('requests that make no sense are answered, and others go on', async (t) => {
      const { uri } = await broker.open();
      await serve(t, QuotesModule, { amqpUri: uri, workerMode: 'inline' });
      const { quotes } = await calling(t, uri);
      const peer = await openPeer(t, uri);
      await peer.channel.assertQueue('answers');
      const ask = async (body: string): Promise<unknown> => {
        await peer.send('mf-rpc.quotes.Quotes.echo', { body, replyTo: 'answers', correlationId: '1' });
        return JSON.parse((await peer.take('answers')).content.toString());
      };

      const { error } = (await ask('{"value":')) as { error: { failure: string } };

      assert.equal(error.failure, 'unreadable');
      assert.deepEqual(await ask('{"value":1}'), { result: 1 });
      assert.deepEqual(await ask('[2]'), { result: 2 });
      await peer.send('mf-rpc.quotes.Quotes.echo', { body: 'null' });
      assert.equal(await quotes.echo(3), 3);
    });

    test("a name of a target that is none is answered, in the original's protocol", async (t) => {
      const { uri } = await broker.open();
      await serve(t, QuotesModule, { amqpUri: uri, workerMode: 'inline', amqpRpcDialects: ['seed'] });
      const peer = await openPeer(t, uri);
      await peer.channel.assertQueue('answers');
      await peer.channel.bindQueue('answers', 'ufw-rpc', 'answers');
      const body = '{"command":"__get_target__","command_args":[{"toString":1}]}';

      await peer.send('rpc-quotes-broadcast', { body, replyTo: 'answers', correlationId: '1' });

      const answer: string = JSON.parse((await peer.take('answers')).content.toString());
      assert.match(answer, /"exception":"TypeError","message":"a target's name is a str, not dict"/);
    });

    test("where there is no room a request of the original's waits in its queue", async (t) => {
      const { uri } = await broker.open();
      const server = await serve(t, QuotesModule, {
        amqpUri: uri,
        tasksPerWorker: 1,
        maxQueue: 0,
        amqpRpcDialects: ['seed'],
      });
      const peer = await openPeer(t, uri);
      await peer.channel.assertQueue('answers');
      await peer.channel.bindQueue('answers', 'ufw-rpc', 'answers');
      const ask = (target: string, value: unknown): Promise<void> =>
        peer.send(`rpc-quotes-Quotes.${target}`, {
          body: { command: `Quotes.${target}`, command_args: [value], command_kwargs: {} },
          replyTo: 'answers',
        });
      await ask('slow', 500);
      await eventually(() => assert.equal(running(server), 1));

      await ask('echo', 'patient');
      const answers = [await peer.take('answers'), await peer.take('answers')];

      assert.deepEqual(
        answers.map(({ content }) => JSON.parse(JSON.parse(content.toString())).data),
        [500, 'patient'],
      );
    });

    test('an answer that makes none is told as such', async (t) => {
      const { uri } = await broker.open();
      const { runner } = await calling(t, uri);
      const peer = await openPeer(t, uri);
      await peer.channel.assertQueue('mf-rpc.odd', { arguments: { 'x-expires': 300_000 } });
      for (const body of [
        'no JSON',
        'null',
        '{"result":{}}',
        '{"result":[null]}',
        '{"result":[{"target":7,"parameters":[]}]}',
        '{"result":[{"target":"a","parameters":{}}]}',
        '{"result":[{"target":"a","parameters":[null]}]}',
      ]) {
        const told = runner.get(AmqpRpcSystem).odd?.targets() ?? assert.fail();
        told.catch(() => {});
        const { properties } = await peer.take('mf-rpc.odd');
        const { replyTo, correlationId } = properties;

        await peer.send(replyTo, { body, correlationId, persistent: false });

        await assert.rejects(told, RpcProtocolError);
      }
    });
  });
}

/** Calls that the workers of a service have in hand. */
function running(server: Runner): unknown {
  return server.health().parts.find(({ name }) => name.startsWith('workers of'))?.details.running;
}
