import { randomBytes } from 'node:crypto';

/** A name no one can guess, in the form RabbitMQ gives its own. */
export function generatedName(prefix: string): string {
  return prefix + randomBytes(16).toString('base64url');
}
