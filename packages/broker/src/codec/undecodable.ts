import { AmqpError } from '../amqp-error.js';

/** Bytes that mean nothing. RabbitMQ's name for it is the same, whatever was wrong. */
export class Undecodable extends AmqpError {
  constructor(detail: string) {
    super('FRAME_ERROR', `cannot decode ${detail}`);
  }
}

/** As many bytes as the text of an error has room for, as Erlang writes them. */
export function octets(bytes: Buffer, at: number, end: number): string {
  return `<<${bytes.subarray(at, Math.min(end, at + 255)).join()}>>`;
}
