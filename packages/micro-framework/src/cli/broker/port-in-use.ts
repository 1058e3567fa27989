import { once } from 'node:events';
import { connect } from 'node:net';
import { BrokerError } from '@micro-framework/broker';

const patience = 1_000;

/** What `startBroker` says of a port that is taken, in the words of the command line, and whether clients would be served. */
export async function portInUse(host: string, port: number, cause: BrokerError): Promise<BrokerError> {
  // Its user is most likely guest, too: whoever took no notice would publish there.
  const who = (await speaksAmqp(host, port)) ? ', which speaks AMQP: a RabbitMQ, or another broker' : '';
  return new BrokerError(
    cause.code,
    `${host}:${port} is in use by another program${who}; give --port another one, or 0 for any that is free`,
    { cause },
  );
}

/** Whether the client's first bytes are answered with a method's frame, which is `connection.start`. */
async function speaksAmqp(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    socket.write('AMQP\0\0\x09\x01', 'latin1');
    const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(patience) })) as [Buffer];
    return answer.subarray(0, 3).equals(Buffer.of(1, 0, 0));
  } catch {
    return false; // an unreachable one has no clients either
  } finally {
    socket.destroy();
  }
}
