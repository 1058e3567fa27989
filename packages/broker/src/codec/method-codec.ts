import { AmqpError } from '../amqp-error.js';
import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import { type FieldTable, readTable, writeTable } from './field-table.js';
import { type ArgumentType, type Method, type MethodArguments, type MethodName, methods } from './methods.js';
import { octets, Undecodable } from './undecodable.js';
import { checkTable, checkText } from './wire-check.js';

interface Plan {
  readonly name: MethodName;
  readonly classId: number;
  readonly methodId: number;
  readonly args: readonly [name: string, type: ArgumentType][];
}

const txClass = 90;

const planById = new Map<number, Plan>();
const planByName = new Map<string, Plan>();
for (const [name, { classId, methodId, args }] of Object.entries(methods)) {
  const plan: Plan = { name: name as MethodName, classId, methodId, args: Object.entries(args) };
  planById.set((classId << 16) | methodId, plan);
  planByName.set(name, plan);
}

/** Reads a method frame's payload. A method nobody knows, or one cut short, is the client's error. */
export function readMethod(reader: ByteReader): Method {
  const classId = reader.short();
  const methodId = reader.short();
  const plan = planById.get((classId << 16) | methodId);
  if (classId === txClass) throw new AmqpError('NOT_IMPLEMENTED', 'transactions; use publisher confirms');
  if (!plan) throw new AmqpError('COMMAND_INVALID', `unknown method ${methodId} of class ${classId}`);
  const from = reader.at;
  try {
    const args = readArguments(reader, plan);
    if (reader.left === 0) return { name: plan.name, args } as Method;
  } catch (error) {
    if (!(error instanceof Undecodable)) throw error;
  }
  throw new Undecodable(octets(reader.bytes, from, reader.end));
}

function readArguments(reader: ByteReader, plan: Plan): Record<string, unknown> {
  const args: Record<string, unknown> = {};
  let bits = 0;
  let bit = 8;
  for (const [name, type] of plan.args) {
    if (type === 'bit') {
      // Neighbouring bits share an octet.
      if (bit === 8) {
        bits = reader.octet();
        bit = 0;
      }
      args[name] = ((bits >> bit++) & 1) === 1;
    } else {
      bit = 8;
      args[name] = readArgument(reader, type);
    }
  }
  return args;
}

function readArgument(reader: ByteReader, type: Exclude<ArgumentType, 'bit'>): unknown {
  if (type === 'table') {
    checkTable(reader.bytes, reader.at, reader.end);
    return readTable(reader);
  }
  if (type !== 'shortstr') return reader[type]();
  const from = reader.at + 1;
  const text = reader.shortstr();
  checkText(reader.bytes, from, reader.at);
  return text;
}

/** Writes the payload of a method frame. */
export function writeMethod<N extends MethodName>(
  writer: ByteWriter,
  name: N,
  args: MethodArguments<N>,
): ByteWriter {
  const plan = planByName.get(name) as Plan;
  writer.short(plan.classId).short(plan.methodId);
  let bits = 0;
  let bit = 0;
  const endBits = (): void => {
    if (bit > 0) writer.octet(bits);
    bits = 0;
    bit = 0;
  };
  for (const [key, type] of plan.args) {
    const value = (args as Record<string, unknown>)[key];
    if (type === 'bit') {
      if (value) bits |= 1 << bit;
      bit++;
      continue;
    }
    endBits();
    if (type === 'table') writeTable(writer, value as FieldTable);
    else if (type === 'shortstr') writer.shortstr(value as string);
    else if (type === 'longstr') writer.longstr(value as Buffer);
    else writer[type](value as number);
  }
  endBits();
  return writer;
}

/** The ids that `connection.close` and `channel.close` name as the culprit. */
export function idsOf(name: MethodName | undefined): { classId: number; methodId: number } {
  const plan = name && planByName.get(name);
  return plan ? { classId: plan.classId, methodId: plan.methodId } : { classId: 0, methodId: 0 };
}
