import type { TestContext } from 'node:test';
import {
  type Channel,
  type ConfirmChannel,
  type ConsumeMessage,
  connect,
  type GetMessage,
  type Options,
} from 'amqplib';

/** What a peer publishes: JSON like the framework's, unless told otherwise. */
export interface PeerMessage extends Options.Publish {
  readonly body: string | Uint8Array | object;
}

/** Somebody else on the broker: bare amqplib. */
export interface Peer {
  readonly channel: ConfirmChannel;
  /** Another channel, for what the broker may close one for. */
  open(): Promise<Channel>;
  /** Publishes and waits for the confirm. */
  publish(exchange: string, key: string, message: PeerMessage): Promise<void>;
  /** Publishes straight to a queue. */
  send(queue: string, message: PeerMessage): Promise<void>;
  /** Takes the next message of a queue, as soon as there is one, and within ten seconds. It is acknowledged. */
  take(queue: string): Promise<ConsumeMessage>;
  /** How many messages are ready in a queue, now. */
  count(queue: string): Promise<number>;
  /** How many consumers a queue has, now; none where there is no queue. */
  consumers(queue: string): Promise<number>;
  /** The first message of a queue, if there is one. It is acknowledged. */
  get(queue: string): Promise<GetMessage | undefined>;
}

/** Connects to the broker until the end of the test. */
export async function openPeer(t: Pick<TestContext, 'after'>, uri: string): Promise<Peer> {
  const connection = await connect(uri, { noDelay: true });
  connection.on('error', () => {});
  const closed = new Promise<void>((resolve) => connection.once('close', () => resolve()));
  t.after(async () => {
    connection.close().catch(() => {}); // it may be closed by now, and then this never answers
    await closed;
  });
  const channel = await connection.createConfirmChannel();
  const open = async (): Promise<Channel> => {
    const another = await connection.createChannel();
    // Whoever asked for it gets the error.
    another.on('error', () => {});
    return another;
  };
  const peer: Peer = {
    channel,
    open,
    publish(exchange, key, { body, ...properties }) {
      const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
      const defaults = { contentType: 'application/json', contentEncoding: 'utf-8', persistent: true };
      return new Promise((resolve, reject) => {
        channel.publish(exchange, key, Buffer.from(bytes), { ...defaults, ...properties }, (error) =>
          error ? reject(error) : resolve(),
        );
      });
    },
    send: (queue, message) => peer.publish('', queue, message),
    async take(queue) {
      const taking = await connection.createChannel();
      await taking.prefetch(1);
      const message = await new Promise<ConsumeMessage>((resolve, reject) => {
        setTimeout(() => reject(new Error(`nothing came to ${queue} in ten seconds`)), 10_000).unref();
        taking.consume(queue, (next) => next && resolve(next)).catch(reject);
      });
      taking.ack(message);
      await taking.close();
      return message;
    },
    count: async (queue) => (await channel.checkQueue(queue)).messageCount,
    async consumers(queue) {
      const asking = await open();
      try {
        const { consumerCount } = await asking.checkQueue(queue);
        await asking.close();
        return consumerCount;
      } catch (error) {
        if ((error as { code?: number }).code === 404) return 0;
        throw error;
      }
    },
    get: async (queue) => (await channel.get(queue, { noAck: true })) || undefined,
  };
  return peer;
}

/** The body of a message as JSON. */
export function json({ content }: { readonly content: Buffer }): unknown {
  return JSON.parse(content.toString());
}
