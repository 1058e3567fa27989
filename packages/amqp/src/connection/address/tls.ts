import { readFile } from 'node:fs/promises';
import type { Config } from '@micro-framework/core';
import { ConnectError } from '../../errors.js';

/** What the driver hands to Node's TLS. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  readonly servername?: string;
}

/**
 * The certificates that the settings name, for `amqps://`. Files are read anew for each connection: certificates are
 * replaced while a service runs.
 */
export async function tlsOptions(config: Config): Promise<TlsOptions> {
  const [ca, cert, key] = await Promise.all([
    pem(config.amqpTlsCa, 'amqpTlsCa (AMQP_TLS_CA)'),
    pem(config.amqpTlsCert, 'amqpTlsCert (AMQP_TLS_CERT)'),
    pem(config.amqpTlsKey, 'amqpTlsKey (AMQP_TLS_KEY)'),
  ]);
  const { amqpTlsPassphrase: passphrase, amqpTlsServername: servername } = config;
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(passphrase !== undefined && { passphrase }),
    ...(servername !== undefined && { servername }),
  };
}

async function pem(value: string | undefined, setting: string): Promise<string | undefined> {
  if (value === undefined || value.includes('-----BEGIN')) return value;
  try {
    return await readFile(value, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const message = `no connection to the broker: the option ${setting} names the file ${value}, which cannot be read (${code})`;
    throw new ConnectError(message, { cause, isPermanent: true });
  }
}
