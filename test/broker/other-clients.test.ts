import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { suite, type TestContext, test } from 'node:test';
import { startBroker } from '@micro-framework/broker';
import { Connection } from 'rabbitmq-client';

interface Closable {
  close(): Promise<void>;
}

/** A client of a broker of its own, and the list of what is closed before the two, last opened first. */
async function client(t: TestContext): Promise<{ rabbit: Connection; opened: Closable[] }> {
  const broker = await startBroker();
  const rabbit = new Connection(broker.url as string);
  const opened: Closable[] = [broker, rabbit];
  t.after(async () => {
    for (const one of opened.reverse()) await one.close();
  });
  return { rabbit, opened };
}

suite('rabbitmq-client', () => {
  test('publishes with confirms and consumes', async (t) => {
    const { rabbit, opened } = await client(t);
    const received: unknown[] = [];
    await new Promise<void>((resolve) => {
      const settings = {
        queue: 'jobs',
        queueOptions: { durable: true },
        qos: { prefetchCount: 2 },
        exchanges: [{ exchange: 'events', type: 'topic' }],
        queueBindings: [{ exchange: 'events', routingKey: 'job.*' }],
      };
      const consumer = rabbit.createConsumer(settings, async (message) => {
        received.push(message.body);
        if (received.length === 5) resolve();
      });
      opened.push(consumer);
      consumer.once('ready', async () => {
        const publisher = rabbit.createPublisher({ confirm: true });
        opened.push(publisher);
        for (let id = 0; id < 5; id++)
          await publisher.send({ exchange: 'events', routingKey: 'job.new' }, { id });
      });
    });

    assert.deepEqual(received, [{ id: 0 }, { id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }]);
  });

  test('makes remote calls', async (t) => {
    const { rabbit, opened } = await client(t);
    const server = rabbit.createConsumer({ queue: 'double' }, async (message, reply) => {
      await reply((message.body as number) * 2);
    });
    opened.push(server);
    await new Promise<void>((resolve) => server.once('ready', resolve));
    const caller = rabbit.createRPCClient({ confirm: true });
    opened.push(caller);

    const reply = await caller.send('double', 21);

    assert.equal(reply.body, 42);
  });
});

const scripts = {
  pika: `
import sys, pika
connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
channel = connection.channel()
channel.confirm_delivery()
channel.queue_declare('py', durable=True)
channel.basic_publish('', 'py', b'hello', pika.BasicProperties(delivery_mode=2, headers={'n': 2**40}), mandatory=True)
method, properties, body = channel.basic_get('py')
channel.basic_ack(method.delivery_tag)
answers = []
channel.basic_consume('amq.rabbitmq.reply-to', lambda c, m, p, b: answers.append(b), auto_ack=True)
channel.basic_consume('py', lambda c, m, p, b: (c.basic_publish('', p.reply_to, b + b'!'), c.basic_ack(m.delivery_tag)))
channel.basic_publish('', 'py', b'call', pika.BasicProperties(reply_to='amq.rabbitmq.reply-to'))
while not answers: connection.process_data_events(1)
print(body.decode(), properties.headers['n'], answers[0].decode())
connection.close()
`,
  kombu: `
import sys, kombu
with kombu.Connection(sys.argv[1], transport_options={'confirm_publish': True}) as connection:
    queue = connection.SimpleQueue('py')
    queue.put({'text': 'hello'}, headers={'n': 2**40})
    message = queue.get(timeout=5)
    message.ack()
    queue.put('call')
    answer = queue.get(timeout=5)
    answer.ack()
    print(message.payload['text'], message.headers['n'], answer.payload + '!')
    queue.close()
`,
};

// Debian has both as packages, of its own Python; where they are not installed there is nothing to find out.
const pythons = ['python3', '/usr/bin/python3'];
const installed = Object.entries(scripts).flatMap(([name, script]) => {
  const python = pythons.find((one) => spawnSync(one, ['-c', `import ${name}`]).status === 0);
  return python ? [{ name, python, script }] : [];
});

suite('Python', () => {
  for (const { name, python, script } of installed)
    test(`${name} publishes, consumes and calls`, async (t) => {
      const broker = await startBroker({ storage: 'memory://', thread: true });
      t.after(() => broker.close());

      const { stdout, stderr } = spawnSync(python, ['-c', script, broker.url as string], {
        encoding: 'utf8',
        timeout: 20_000,
      });

      assert.equal(stdout.trim(), `hello ${2 ** 40} call!`, stderr);
    });
});
