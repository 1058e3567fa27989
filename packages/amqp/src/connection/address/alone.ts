import type { SettingOptions } from '@micro-framework/core';

/**
 * What is wrong where a program that is no service would be alone with its broker: that serves a service, which hears
 * what it publishes; here events would be lost without a word, and queues be empty that are not.
 *
 * @param purpose - who asks, and what it is there for
 */
export function aloneFaults(
  purpose: string,
  { amqpUri = process.env.AMQP_URI }: Pick<SettingOptions, 'amqpUri'>,
): string[] {
  if (amqpUri && amqpUri !== 'memory://') return [];
  return [
    `${purpose} elsewhere, and ${amqpUri ? 'nobody else is at memory://' : 'no broker is named'}: set ` +
      'the option amqpUri or the environment variable AMQP_URI to the one they use: amqp://user:password@host:5672, ' +
      'file:///dir, or memory://name for those of this process',
  ];
}
