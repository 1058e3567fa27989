import type { ExtensionContext } from '@micro-framework/core';

/**
 * Called where a service listens on queues that bear its name: on a broker that others use, two services without a name
 * take each other's messages.
 */
export function warnOfDefaultName({ config, log }: Pick<ExtensionContext, 'config' | 'log'>): void {
  const { serviceName, amqpUri = 'memory://' } = config;
  if (serviceName === defaultName && amqpUri !== 'memory://') log.warn({ serviceName }, notice);
}

const defaultName = 'service';

const notice =
  'no serviceName but the default is set: services that leave it out share queues; set serviceName or SERVICE_NAME';
