import { connect } from 'node:net';
import { ConnectError } from '../errors.js';
import { redacted } from './address/uri.js';

// The driver tells most of what went wrong in its own words only, so they are what is looked at here.

const setting = 'amqpUri (AMQP_URI)';
const otherProgram = `Is it RabbitMQ's port? The address is the option ${setting}.`;
const patience = 1_000;

/** The error of a connection that did not come about: where, why, and what to do. */
export async function connectError(uri: string, cause: Error): Promise<ConnectError> {
  const where = `no connection to ${redacted(uri)}`;
  const refusal = refusalOf(uri, cause);
  if (refusal !== undefined) return new ConnectError(`${where}: ${refusal}`, { cause, isPermanent: true });
  return new ConnectError(`${where}: ${await reason(uri, cause)}`, { cause });
}

/** Why another try would end the same, if it would. */
function refusalOf(uri: string, cause: Error & { code?: unknown }): string | undefined {
  const message = messageOf(cause);
  if (/ACCESS.REFUSED/.test(message)) return `${message}. Check user and password in ${setting}.`;
  // All that the driver tells of the broker's refusal to open a virtual host.
  if (message.includes('ConnectionOpenOk')) {
    return `${message}. Does the virtual host exist, and may this user enter it? It is the path of ${setting}.`;
  }
  if (!uri.startsWith('amqps:')) return undefined;
  if (isNoTls(cause)) {
    return `this port does not speak TLS. Write amqp://, or the port that does, most often 5671, in ${setting}.`;
  }
  return tlsRefusal(cause, message);
}

async function reason(uri: string, cause: Error): Promise<string> {
  const message = messageOf(cause);
  const { protocol } = new URL(uri);
  // The first bytes of another protocol, read as a frame.
  if (message.startsWith('Frame size')) {
    return `something listens there, but what it answers is not AMQP 0-9-1 (${message}). ${otherPorts(protocol)}`;
  }
  if (message.startsWith('Socket closed abruptly')) {
    return `something listens there, but it closed the connection at once. ${otherPorts(protocol)}`;
  }
  if (message === 'connect ETIMEDOUT' && (await someoneListens(uri))) {
    return `something listens there, but it does not speak AMQP: it did not answer in time. ${otherPorts(protocol)}`;
  }
  return `${message}. Is RabbitMQ running there? The address is the option ${setting}.`;
}

// Several addresses of one host fail as one error without a message of its own.
function messageOf(cause: Error): string {
  return cause instanceof AggregateError ? cause.errors.map(String).join('; ') : cause.message.trim();
}

/** A plain port answers a TLS greeting with words of its own, or hangs up. */
function isNoTls({ code, message }: Error & { code?: unknown }): boolean {
  return (
    code === 'ERR_SSL_WRONG_VERSION_NUMBER' ||
    code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG' ||
    message.includes('before secure TLS connection was established')
  );
}

const trustCodes = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
]);

/** What the two sides' certificates object to. */
function tlsRefusal({ code }: { code?: unknown }, message: string): string | undefined {
  if (typeof code !== 'string') return undefined;
  if (trustCodes.has(code)) {
    return `${message} (${code}). Nobody this process trusts has signed the broker's certificate: give the authority's in the option amqpTlsCa (AMQP_TLS_CA).`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `${message}. The broker's certificate is for another name: address it by that, or give the name in the option amqpTlsServername (AMQP_TLS_SERVERNAME).`;
  }
  if (/^CERT_(?:HAS_EXPIRED|NOT_YET_VALID|REVOKED)$/.test(code)) return `${message} (${code}).`;
  // What the broker thinks of ours, as an alert, and what Node thinks of it when it is loaded.
  if (/^ERR_SSL_.*(?:ALERT|CERTIFICATE)/.test(code) || /^ERR_(?:OSSL|CRYPTO)/.test(code)) {
    return `${message} (${code}). Check the options amqpTlsCert and amqpTlsKey (AMQP_TLS_CERT, AMQP_TLS_KEY): does the broker want a certificate of ours, and trust it?`;
  }
  return undefined;
}

function otherPorts(protocol: string): string {
  return protocol === 'amqp:' ? `${otherProgram} A port that wants TLS is written amqps://.` : otherProgram;
}

/** The driver's time limit tells a host that is not there and a program that is silent in the same words. */
function someoneListens(uri: string): Promise<boolean> {
  const { hostname, port, protocol } = new URL(uri);
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = connect({ host, port: Number(port) || (protocol === 'amqp:' ? 5672 : 5671) });
  return new Promise((resolve) => {
    const end = (listens: boolean): void => {
      socket.destroy();
      resolve(listens);
    };
    socket.setTimeout(patience, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
