import { createHash, timingSafeEqual } from 'node:crypto';
import { AmqpError, LoginRefused } from '../../amqp-error.js';
import { ByteReader } from '../../codec/byte-reader.js';
import { ByteWriter } from '../../codec/byte-writer.js';
import { readTable } from '../../codec/field-table.js';
import type { MethodArguments } from '../../codec/methods.js';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Checks who is there; the answer to a wrong name and to a wrong password is the same. */
export function assertLogin(
  { mechanism, response }: MethodArguments<'connection.start-ok'>,
  wanted: Credentials,
): string {
  const given = readCredentials(mechanism, response);
  // Both are compared in full, so that the time taken tells nothing.
  const nameFits = sameText(given.username, wanted.username);
  const passwordFits = sameText(given.password, wanted.password);
  if (nameFits && passwordFits) return given.username;
  throw new LoginRefused(
    'ACCESS_REFUSED',
    `Login was refused using authentication mechanism ${mechanism}. For details see the broker logfile.`,
  );
}

function readCredentials(mechanism: string, response: Buffer): Credentials {
  if (mechanism === 'PLAIN') {
    const [, username = '', password = ''] = response.toString().split('\0');
    return { username, password };
  }
  if (mechanism === 'AMQPLAIN') {
    // A table without its length.
    const fields = readTable(new ByteReader(new ByteWriter().longstr(response).take()));
    const text = (name: string): string => String(fields.get(name)?.value ?? '');
    return { username: text('LOGIN'), password: text('PASSWORD') };
  }
  throw new AmqpError('COMMAND_INVALID', `unsupported mechanism ${mechanism}, known are PLAIN and AMQPLAIN`);
}

function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
