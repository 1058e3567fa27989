import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { ConnectError } from '@micro-framework/amqp';
import { session } from '@micro-framework/amqp/internal';
import type { SettingOptions } from '@micro-framework/core';
import { type Certificates, makeCertificates } from '../../../support/certificates.js';
import { type FakeContext, fakeContext } from '../../../support/fake-context.js';
import { startRabbit } from '../../../support/rabbitmq.js';
import { freePorts } from '../../../support/rabbitmq-node.js';

const cleanUps: (() => unknown)[] = [];
const suite = { after: (cleanUp: () => unknown) => void cleanUps.unshift(cleanUp) } as Pick<
  TestContext,
  'after'
>;

describe('a broker that speaks TLS and wants a certificate of its clients', () => {
  let certificates: Certificates;
  let uri: string;

  before(async () => {
    certificates = await makeCertificates(suite);
    const { ca, server } = certificates;
    const [port = 0] = await freePorts(1);
    const settings = [
      `listeners.ssl.local = 127.0.0.1:${port}`,
      `ssl_options.cacertfile = ${ca}`,
      `ssl_options.certfile = ${server.cert}`,
      `ssl_options.keyfile = ${server.key}`,
      'ssl_options.verify = verify_peer',
      'ssl_options.fail_if_no_peer_cert = true',
    ];
    await startRabbit(suite, { settings });
    uri = `amqps://guest:guest@localhost:${port}`;
  });

  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp();
  });

  /** Connects a service to it, or throws why that fails. */
  async function connect(t: TestContext, settings: SettingOptions): Promise<FakeContext<object>> {
    const config = { amqpUri: uri, amqpStartTimeout: 60_000, ...settings } as object;
    const context = fakeContext({ options: {}, config });
    context.shared(session);
    t.after(() => context.stopShared());
    await context.setupShared();
    return context;
  }

  async function faultOf(t: TestContext, settings: SettingOptions): Promise<string> {
    const error = await connect(t, settings).then(
      () => assert.fail('it connected'),
      (reason) => reason,
    );
    assert.ok(error instanceof ConnectError, String(error));
    assert.doesNotMatch(error.message, /guest:guest|PRIVATE KEY/);
    return error.message;
  }

  test('takes a service that knows its authority and shows a certificate', async (t) => {
    const { ca, client } = certificates;
    const context = await connect(t, { amqpTlsCa: ca, amqpTlsCert: client.cert, amqpTlsKey: client.key });

    await publish(context);
  });

  test('takes one whose certificates are given as text', async (t) => {
    const { ca, client } = certificates;
    const text = (path: string): Promise<string> => readFile(path, 'utf8');

    const context = await connect(t, {
      amqpTlsCa: await text(ca),
      amqpTlsCert: await text(client.cert),
      amqpTlsKey: await text(client.key),
    });

    await publish(context);
  });

  test('is heard through TLS: a quiet connection is not taken for dead', async (t) => {
    const { ca, client } = certificates;
    const context = await connect(t, {
      amqpTlsCa: ca,
      amqpTlsCert: client.cert,
      amqpTlsKey: client.key,
      amqpHeartbeat: 1,
    });

    await wait(3_500);

    await publish(context);
    assert.deepEqual(context.logged, []);
  });

  test('is not trusted without its authority, which is told at once', async (t) => {
    const { client } = certificates;

    const message = await faultOf(t, { amqpTlsCert: client.cert, amqpTlsKey: client.key });

    assert.match(message, /amqpTlsCa \(AMQP_TLS_CA\)/);
  });

  test('is not trusted under another name than that of its certificate', async (t) => {
    const { ca, client } = certificates;
    const settings = { amqpTlsCa: ca, amqpTlsCert: client.cert, amqpTlsKey: client.key };

    const message = await faultOf(t, { ...settings, amqpTlsServername: 'rabbit.example' });

    assert.match(message, /amqpTlsServername \(AMQP_TLS_SERVERNAME\)/);
  });

  test('refuses a service without a certificate, which is told at once', async (t) => {
    const message = await faultOf(t, { amqpTlsCa: certificates.ca });

    assert.match(message, /amqpTlsCert and amqpTlsKey \(AMQP_TLS_CERT, AMQP_TLS_KEY\)/);
  });

  test('refuses a certificate that its authority has not signed', async (t) => {
    const { ca, stranger } = certificates;

    const message = await faultOf(t, { amqpTlsCa: ca, amqpTlsCert: stranger.cert, amqpTlsKey: stranger.key });

    assert.match(message, /amqpTlsCert and amqpTlsKey/);
  });

  test('is not connected to with a file that is not there, and the error names the setting', async (t) => {
    const message = await faultOf(t, { amqpTlsCa: '/not/there.pem' });

    assert.match(message, /amqpTlsCa \(AMQP_TLS_CA\) names the file \/not\/there\.pem.*ENOENT/);
  });

  test('is not connected to with a key that is none, and the key is not repeated', async (t) => {
    const { ca, client } = certificates;
    const amqpTlsKey = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n';

    const message = await faultOf(t, { amqpTlsCa: ca, amqpTlsCert: client.cert, amqpTlsKey });

    assert.match(message, /amqpTlsCert and amqpTlsKey/);
    assert.doesNotMatch(message, /c2VjcmV0/);
  });
});

function publish(context: FakeContext<object>): Promise<void> {
  const publication = { exchange: '', routingKey: 'nobody', body: Buffer.from('{}'), properties: {} };
  return context.shared(session).publish(publication);
}
