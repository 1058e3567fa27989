import { once } from 'node:events';
import { createServer, connect as dial, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { connect } from 'amqplib';
import { FrameDecoder, type WireFrame } from './frames.js';

/** Somebody who listens on the line to a broker. */
export interface WireTap {
  /** Where to connect instead. */
  readonly uri: string;
  /** What clients have said so far, in order, those of one connection together. */
  sent(): readonly WireFrame[];
  /** What the broker has said. */
  heard(): readonly WireFrame[];
  /** Cuts the line, and lets nobody through until it is mended. */
  cut(): void;
  mend(): void;
}

/** Listens on the line to a broker until the end of the test. */
export async function tap(t: Pick<TestContext, 'after'>, uri: string): Promise<WireTap> {
  const { hostname, port } = new URL(uri);
  const [clients, brokers]: [FrameDecoder[], FrameDecoder[]] = [[], []];
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = dial(Number(port), hostname);
    const [client, broker] = [new FrameDecoder('client'), new FrameDecoder('broker')];
    clients.push(client);
    brokers.push(broker);
    near.on('data', (chunk) => client.take(chunk));
    far.on('data', (chunk) => broker.take(chunk));
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const tapped = new URL(uri);
  tapped.port = String((server.address() as { port: number }).port);
  return {
    uri: tapped.href,
    sent: () => clients.flatMap(({ frames }) => frames),
    heard: () => brokers.flatMap(({ frames }) => frames),
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend() {
      isCut = false;
    },
  };
}

/** Sends ready-made bytes on channel 1, and waits until the broker has confirmed as many messages. */
export async function sendBytes(uri: string, messages: readonly Buffer[]): Promise<void> {
  const model = await connect(uri);
  const channel = await model.createConfirmChannel();
  const last = new Promise<void>((resolve) => {
    channel.on('ack', ({ deliveryTag }: { deliveryTag: number }) => {
      if (deliveryTag === messages.length) resolve();
    });
  });
  const line = model.connection as unknown as { sendBytes(bytes: Buffer): void };
  line.sendBytes(Buffer.concat(messages));
  await last;
  await model.close();
}
