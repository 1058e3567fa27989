import { Deadline } from '@micro-framework/core';
import { type Connection, isOurFault } from '../connection/connection.js';
import { ExchangeTypeError } from '../errors.js';
import { declare, type Topology } from './topology.js';

/** Declares a topology; false where the connection was lost meanwhile, and not for anything it was sent. */
export async function declareUntilLost(connection: Connection, topology: Topology): Promise<boolean> {
  try {
    await declareOn(connection, topology);
    return true;
  } catch (error) {
    if (connection.isOpen) throw error;
    const cause = await connection.ended;
    if (cause && isOurFault(cause)) throw error;
    return false;
  }
}

/** Milliseconds between the end of a channel and the news that its connection has ended. */
const endPatience = 1_000;

/** Declares a topology on a channel of its own. */
export async function declareOn(connection: Connection, topology: Topology): Promise<void> {
  // The broker closes the channel of a declaration that clashes.
  const { channel, isOpen } = await connection.openChannel();
  try {
    await declare(channel, topology);
  } catch (error) {
    throw (await unknownExchangeType(connection, topology)) ?? error;
  } finally {
    if (isOpen()) await channel.close();
  }
}

/** For an exchange of a type it does not know the broker closes the whole connection, and says so there alone. */
async function unknownExchangeType(
  connection: Connection,
  { exchanges }: Topology,
): Promise<ExchangeTypeError | undefined> {
  const foreign = exchanges.filter(({ type }) => type.startsWith('x-'));
  if (foreign.length === 0 || !(await Deadline.in(endPatience).within(connection.ended))) return undefined;
  const cause = await connection.ended;
  if (!cause?.message.includes('unknown exchange type')) return undefined;
  const names = foreign.map(({ name, type }) => `${name} of the type ${type}`).join(', ');
  return new ExchangeTypeError(
    `the broker cannot have the exchange ${names}: it knows no such type. Enable the plug-in it belongs to on every node, ` +
      'or do without: delayStrategy queues needs no plug-in',
    { cause },
  );
}
