import type { Channel } from '../connection/connection.js';
import { TopologyClashError, TopologyForbiddenError, TopologyMissingError } from '../errors.js';
import type { Arguments, ExchangeSpec, QueueSpec } from './topology.js';

/** Declares an exchange, or looks whether it is there where somebody else declares it. */
export async function declareExchange(channel: Channel, spec: ExchangeSpec, owner: string): Promise<void> {
  const { name, type, durable = true, autoDelete, alternate, foreign } = spec;
  const all = { ...spec.arguments, ...(alternate !== undefined && { 'alternate-exchange': alternate }) };
  const wish = {
    what: 'exchange',
    name,
    owner,
    wanted: `${type}, ${flags(durable, autoDelete)}${told(all)}`,
  };
  await explained(
    () =>
      foreign
        ? channel.checkExchange(name)
        : channel.assertExchange(name, type, { durable, autoDelete, arguments: all }),
    wish,
  );
}

/** Declares a queue, or looks whether it is there where somebody else declares it. */
export async function declareQueue(channel: Channel, spec: QueueSpec, owner: string): Promise<void> {
  const { name, durable = true, autoDelete = false, foreign } = spec;
  const wanted = `${flags(durable, autoDelete)}${told(spec.arguments) || ', without arguments'}`;
  await explained(
    () =>
      foreign
        ? channel.checkQueue(name)
        : channel.assertQueue(name, { durable, autoDelete, arguments: spec.arguments }),
    { what: 'queue', name, owner, wanted },
  );
}

function flags(durable: boolean, autoDelete: boolean): string {
  return `${durable ? 'durable' : 'not durable'}${autoDelete ? ', auto-delete' : ''}`;
}

function told(given: Arguments): string {
  return Object.keys(given).length === 0 ? '' : `, with the arguments ${JSON.stringify(given)}`;
}

interface Wish {
  readonly what: string;
  readonly name: string;
  readonly owner: string;
  /** In words. */
  readonly wanted: string;
}

const forbidden = 403;
const notFound = 404;
const preconditionFailed = 406;
const known: ReadonlySet<unknown> = new Set([forbidden, notFound, preconditionFailed]);

async function explained(work: () => Promise<unknown>, { what, name, owner, wanted }: Wish): Promise<void> {
  try {
    await work();
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    if (!(cause instanceof Error) || !known.has(code)) throw cause;
    if (code === forbidden) {
      throw new TopologyForbiddenError(
        `${owner} may not declare the ${what} ${name}; the broker says: ${brokerSays(cause.message)}. ` +
          `Give its user the permission to configure it, and to write to and read from what it binds.`,
        { cause },
      );
    }
    if (code === notFound) {
      throw new TopologyMissingError(
        `the ${what} ${name} is not on the broker, and ${owner} was told not to declare it. ` +
          'Start what declares it first, or let it be declared here.',
        { cause },
      );
    }
    throw new TopologyClashError(
      `the ${what} ${name} is on the broker already, declared differently. ` +
        `${owner} wants it ${wanted}; the broker says: ${brokerSays(cause.message)}. ` +
        `Make the two agree, or delete the ${what} on the broker once it is empty and unused.`,
      { cause },
    );
  }
}

/** The broker's own words, out of the driver's sentence around them. */
function brokerSays(message: string): string {
  return /(?:PRECONDITION_FAILED|ACCESS_REFUSED) - (.*?)"?$/s.exec(message)?.[1] ?? message;
}
