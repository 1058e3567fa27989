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
import sys, kombu, uuid
with kombu.Connection(sys.argv[1], transport_options={'confirm_publish': True}) as connection:
    queue = connection.SimpleQueue('py')
    queue.put({'text': 'hello'}, headers={'n': 2**40})
    message = queue.get(timeout=5)
    message.ack()
    queue.close()
    channel = connection.channel()
    producer = kombu.Producer(channel)
    replies = kombu.Queue(exclusive=True, auto_delete=True)(channel)
    replies.declare()
    call = str(uuid.uuid4())
    answers = []
    def serve(body, request):
        producer.publish(body + '!', request.properties['reply_to'], correlation_id=request.properties['correlation_id'])
        request.ack()
    def take(body, reply):
        if reply.properties['correlation_id'] == call: answers.append(body)
        reply.ack()
    served = kombu.Queue('double', durable=True)
    with kombu.Consumer(channel, served, callbacks=[serve]), kombu.Consumer(channel, replies, callbacks=[take]):
        producer.publish('call', 'double', reply_to=replies.name, correlation_id=call)
        while not answers: connection.drain_events(timeout=5)
    print(message.payload['text'], message.headers['n'], answers[0])
`,
};

// Debian has both as packages, of its own Python.
const pythons = ['python3', '/usr/bin/python3'];

suite('Python', () => {
  for (const [name, script] of Object.entries(scripts)) {
    const python = pythons.find((one) => spawnSync(one, ['-c', `import ${name}`]).status === 0);
    const skip = python === undefined && `python3-${name} is not installed`;
    test(`${name} publishes, consumes and calls`, { skip }, async (t) => {
      const broker = await startBroker({ storage: 'memory://', thread: true });
      t.after(() => broker.close());

      const { stdout, stderr } = spawnSync(python as string, ['-c', script, broker.url as string], {
        encoding: 'utf8',
        timeout: 20_000,
      });

      assert.equal(stdout.trim(), `hello ${2 ** 40} call!`, stderr);
    });
  }
});
