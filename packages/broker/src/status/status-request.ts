import type { BrokerStatus } from '../broker.js';
import type { Message } from '../engine/message/message.js';

/**
 * Where clients ask what the broker holds: a message to the default exchange with this routing key and a `replyTo` is
 * answered with a {@link BrokerStatus} as JSON. No queue can have the name: it begins with `amq.`.
 */
export const statusAddress = 'amq.micro-framework.status';

/** The answer to a message, where it is such a question. */
export function statusReply(message: Message, status: () => BrokerStatus): Message | undefined {
  const { exchange, routingKey, replyTo } = message;
  if (exchange !== '' || routingKey !== statusAddress || replyTo === undefined) return undefined;
  return message.derive({
    routingKey: replyTo,
    properties: {
      contentType: 'application/json',
      headers: undefined,
      deliveryMode: undefined,
      replyTo: undefined,
      expiration: undefined,
    },
    body: Buffer.from(JSON.stringify(status())),
  });
}
