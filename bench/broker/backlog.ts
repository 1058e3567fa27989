import { connect } from 'amqplib';

/** How many messages lie in a queue, for what is measured of them at rest. */
export const backlog = 100_000;

export const backlogGroup = `${backlog.toLocaleString('en')} queued messages`;

const burst = 1_000;
const body = Buffer.alloc(200, 'x');

/** Leaves that many messages of 200 bytes in a durable queue, all confirmed. */
export async function pileUp(url: string, queue: string): Promise<void> {
  const model = await connect(url, { noDelay: true });
  const channel = await model.createConfirmChannel();
  await channel.assertQueue(queue, { durable: true });
  for (let sent = 0; sent < backlog; sent += burst) {
    for (let one = 0; one < burst; one++) channel.sendToQueue(queue, body, { persistent: true });
    await channel.waitForConfirms();
  }
  await model.close();
}
