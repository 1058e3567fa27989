import type {
  Batched,
  BindingOptions,
  EventListenerOptions,
  ExchangeOptions,
  ListenerOptions,
  QueueOptions,
} from './listener-options.js';
import { mostInHand } from './listener-plan.js';

// What is wrong with the options of listeners, a sentence each. Values come from code that no compiler may have seen.

const longestTimer = 2 ** 31 - 1;
const longestName = 255;

/** Options of every listener. */
export function listenerFaults(options: ListenerOptions<never> & Partial<Batched>): string[] {
  const { filter, prefetch, priority, singleActive, queueType, queueOptions = {} } = options;
  return [
    ...(filter === undefined || typeof filter === 'function'
      ? []
      : ['its filter is no function: write (payload) => true or false.']),
    ...wholeFault('prefetch', prefetch, 1, mostInHand),
    ...wholeFault('priority', priority, -(2 ** 31), longestTimer),
    ...flagFault('singleActive', singleActive),
    ...choiceFault('queueType', queueType, ['classic', 'quorum']),
    ...batchFaults(options),
    ...queueFaults(queueOptions, queueType),
  ];
}

/** Where the queue of a listener gets its messages from. */
export function bindingFaults({ exchange, bindingArguments }: BindingOptions): string[] {
  return [
    ...(exchange === undefined ? [] : exchangeFaults(exchange)),
    ...argumentFaults('bindingArguments', bindingArguments),
  ];
}

/** Who gets an event, and by which queue. */
export function handlerFaults({ handler, queueType, queueOptions }: EventListenerOptions<never>): string[] {
  const faults = choiceFault('handler', handler, ['pool', 'singleton', 'broadcast']);
  if (handler !== 'broadcast') return faults;
  // Nobody needs the events of an instance that is gone for good.
  if (queueType === 'quorum')
    faults.push(
      "its queueType is quorum: a broadcast's queue lives and dies with its instance. Leave it out.",
    );
  if (isRecord(queueOptions) && queueOptions.declare === false)
    faults.push(
      "its queueOptions.declare is false: nobody else can declare an instance's queue. Leave it out.",
    );
  return faults;
}

/** The name of something on the broker. */
export function nameFault(what: string, name: unknown, mend: string): string[] {
  const isName = typeof name === 'string' && name !== '' && Buffer.byteLength(name) <= longestName;
  return isName ? [] : [`its ${what} is no name: ${mend}`];
}

/** The name of a queue that a listener is to declare. */
export function queueNameFault(name: unknown): string[] {
  const isReserved = typeof name === 'string' && name.startsWith('amq.');
  const faults = nameFault('queue', name, '');
  return isReserved || faults.length > 0
    ? ['its queue is no name a queue can have: 1 to 255 bytes, not beginning with amq.']
    : [];
}

function batchFaults({ batch, prefetch }: ListenerOptions<never> & Partial<Batched>): string[] {
  if (batch === undefined) return [];
  if (!isRecord(batch)) return ['its batch is no object: write { size: 100, maxWait: 1_000 }.'];
  const { size, maxWait } = batch;
  const faults = [
    ...unknownFault('batch', batch, ['size', 'maxWait']),
    ...wholeFault('batch.size', size ?? Number.NaN, 1, mostInHand),
    ...wholeFault('batch.maxWait', maxWait, 0, longestTimer),
  ];
  if (faults.length === 0 && prefetch !== undefined && prefetch < size)
    faults.push(`its prefetch of ${prefetch} never fills a batch of ${size}: raise it, or leave it out.`);
  return faults;
}

const ownArguments: Readonly<Record<string, string>> = {
  'x-queue-type': 'queueType',
  'x-single-active-consumer': 'singleActive',
};

function queueFaults(options: QueueOptions, queueType: ListenerOptions['queueType']): string[] {
  if (!isRecord(options)) return ['its queueOptions are no object: write { arguments: { ... } }.'];
  const { durable, autoDelete, declare, arguments: given } = options;
  const faults = [
    ...unknownFault('queueOptions', options, ['durable', 'autoDelete', 'arguments', 'declare']),
    ...flagFault('queueOptions.durable', durable),
    ...flagFault('queueOptions.autoDelete', autoDelete),
    ...flagFault('queueOptions.declare', declare),
    ...argumentFaults('queueOptions.arguments', given),
  ];
  for (const [argument, option] of Object.entries(ownArguments))
    if (isRecord(given) && argument in given)
      faults.push(`its queueOptions.arguments have ${argument}: write it as the option ${option}.`);
  if (queueType === 'quorum' && (durable === false || autoDelete === true))
    faults.push(
      'its queue cannot be of the type quorum: those are durable, and not deleted with their last consumer.',
    );
  return faults;
}

function exchangeFaults(options: ExchangeOptions): string[] {
  if (!isRecord(options))
    return ['its exchange is no object: write { name, type, durable, autoDelete, declare }.'];
  const { name, type, durable, autoDelete, declare, arguments: given } = options;
  const faults = [
    ...unknownFault('exchange', options, ['name', 'type', 'durable', 'autoDelete', 'arguments', 'declare']),
    ...(name === undefined
      ? []
      : nameFault('exchange.name', name, 'write that of an exchange, 1 to 255 bytes.')),
    ...flagFault('exchange.durable', durable),
    ...flagFault('exchange.autoDelete', autoDelete),
    ...flagFault('exchange.declare', declare),
    ...argumentFaults('exchange.arguments', given),
  ];
  // The broker closes the whole connection for one that it does not know.
  if (type !== undefined && !/^(?:topic|direct|fanout|headers|x-.+)$/.test(String(type)))
    faults.push(
      `its exchange.type is ${String(type)}: write topic, direct, fanout, headers, or one that begins with x-.`,
    );
  if (typeof name === 'string' && name.startsWith('amq.') && declare !== false)
    faults.push(`its exchange ${name} is the broker's own: write { name: '${name}', declare: false }.`);
  return faults;
}

function argumentFaults(what: string, given: unknown): string[] {
  if (given === undefined) return [];
  if (!isRecord(given)) return [`its ${what} are no object: write { 'x-...': value }.`];
  return Object.entries(given)
    .filter(([, value]) => !['string', 'boolean'].includes(typeof value) && !Number.isFinite(value))
    .map(
      ([argument]) =>
        `its ${what} have a value for ${argument} that is neither text, a number nor a truth value.`,
    );
}

function wholeFault(what: string, value: unknown, min: number, max: number): string[] {
  if (value === undefined) return [];
  const isFine = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
  return isFine ? [] : [`its ${what} is ${String(value)}: write a whole number from ${min} to ${max}.`];
}

function flagFault(what: string, value: unknown): string[] {
  return value === undefined || typeof value === 'boolean'
    ? []
    : [`its ${what} is ${String(value)}: write true or false.`];
}

function choiceFault(what: string, value: unknown, choices: readonly string[]): string[] {
  return value === undefined || choices.includes(value as string)
    ? []
    : [`its ${what} is ${String(value)}: write ${choices.join(' or ')}.`];
}

function unknownFault(what: string, value: object, known: readonly string[]): string[] {
  return Object.keys(value)
    .filter((name) => !known.includes(name))
    .map((name) => `its ${what}.${name} is unknown. Known are ${known.join(', ')}.`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
