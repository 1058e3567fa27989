import { type FieldTable, fieldOf } from '../../codec/field-table.js';
import type { MethodArguments } from '../../codec/methods.js';

/** How the server calls itself. */
export const product = 'micro-framework broker';

const capabilities = [
  'publisher_confirms',
  'exchange_exchange_bindings',
  'basic.nack',
  'consumer_cancel_notify',
  'connection.blocked',
  'consumer_priorities',
  'authentication_failure_close',
  'per_consumer_qos',
  'direct_reply_to',
];

/** What a server says of itself. `id` is its own, for as long as it runs: who looks for it knows that it is the one. */
export function greetingOf(id: string): MethodArguments<'connection.start'> {
  return {
    major: 0,
    minor: 9,
    serverProperties: new Map([
      ['product', fieldOf.longstr(product)],
      ['platform', fieldOf.longstr(`Node.js ${process.versions.node}`)],
      ['id', fieldOf.longstr(id)],
      ['capabilities', fieldOf.table(new Map(capabilities.map((name) => [name, fieldOf.bool(true)])))],
    ]),
    mechanisms: Buffer.from('PLAIN AMQPLAIN'),
    locales: Buffer.from('en_US'),
  };
}

/** The id in a greeting; other programs have none. */
export function idIn(serverProperties: FieldTable): unknown {
  return serverProperties.get('id')?.value;
}

/** Whether a client said that it understands something. */
export function isCapable(clientProperties: FieldTable, capability: string): boolean {
  const said = clientProperties.get('capabilities')?.value;
  return said instanceof Map && (said as FieldTable).get(capability)?.value === true;
}
