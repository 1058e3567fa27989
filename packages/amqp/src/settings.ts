import { defineSettings, wholeNumber } from '@micro-framework/core';
import { uriFault } from './connection/address/uri.js';
import { type DelayStrategy, delayStrategies } from './delay-strategies.js';
import { type RpcDialect, rpcDialects } from './rpc/dialects.js';
import { type EventExchangeKind, eventExchangeKinds } from './topology/events-exchange.js';

declare module '@micro-framework/core' {
  interface Settings {
    /**
     * `AMQP_URI`: the broker. RabbitMQ: `amqp://user:password@host:5672/vhost` or `amqps://`. Embedded: `memory://` for
     * this service alone, with a warning, `memory://name` shared within the process, `file:///dir` kept on disk and shared
     * on this machine. Several nodes of a RabbitMQ cluster: a list, or commas between them; they are tried in turn.
     * Default: `memory://`; with `NODE_ENV=production` it must be named.
     */
    readonly amqpUri?: string | readonly string[] | undefined;
    /** `AMQP_HEARTBEAT`: seconds between signs of life; a peer silent for two of them is gone. Default: 10. */
    readonly amqpHeartbeat: number;
    /**
     * `AMQP_EVENT_EXCHANGES`: how `<service>.events` is declared; all that use one must agree. `auto-delete`, as Python's
     * micro_framework does, and Nameko up to 2.12; `permanent`, as Nameko from 2.13 on; `foreign`: somebody else declares
     * it. Default: `auto-delete`.
     */
    readonly amqpEventExchanges: EventExchangeKind;
    /**
     * `AMQP_DELAYS`: events can be published with a `delay`. The queues that takes, 27 and one more a service, are declared
     * when the service starts. Default: `false`.
     */
    readonly delays: boolean;
    /**
     * `AMQP_DELAY_STRATEGY`: how messages wait for their next attempt. `queues`: in queues that all services share; needs
     * nothing of the broker. `plugin`: as Python's micro_framework does it, with the delayed-message plug-in, for services
     * with instances in both languages. `native`: in the listener's own queue, where that is a quorum queue of RabbitMQ 4.3
     * or later and the interval is constant or linear, without chance; else as `queues`. Default: `queues`.
     */
    readonly delayStrategy: DelayStrategy;
    /**
     * `AMQP_RPC_DIALECTS`: what `@AmqpRpc` targets can be called by, with commas between several. `own`: this framework's
     * clients. `seed`: those of Python's micro_framework. `nameko`: Nameko's. Default: `own`.
     */
    readonly amqpRpcDialects: readonly RpcDialect[];
    /** `AMQP_RPC_STACKS`: whether the stack traces of errors travel to callers over AMQP. Default: `false`. */
    readonly amqpRpcStacks: boolean;
    /** `AMQP_CONNECT_TIMEOUT`: milliseconds one try to connect may take. Default: 3,000. */
    readonly amqpConnectTimeout: number;
    /**
     * `AMQP_START_TIMEOUT`: milliseconds a service that starts waits for a broker that is not there yet; 0 fails at the
     * first try. Default: 60,000. Wrong credentials and a missing virtual host fail at once.
     */
    readonly amqpStartTimeout: number;
    /** `AMQP_PUBLISH_TIMEOUT`: milliseconds a message waits for the broker's confirm, whatever happens to the connection. Default: 30,000. */
    readonly amqpPublishTimeout: number;
    /** `AMQP_MAX_PENDING`: messages that wait for their confirm at the same time; more are refused. Default: 50,000. */
    readonly amqpMaxPending: number;
    /** `AMQP_MAX_PENDING_BYTES`: bytes their bodies may have together; more are refused. Default: 64 MiB. */
    readonly amqpMaxPendingBytes: number;
    /** `AMQP_TLS_CA`: whom to trust for `amqps://`, PEM or the path of a file. Default: the authorities Node trusts. */
    readonly amqpTlsCa?: string | undefined;
    /** `AMQP_TLS_CERT`: the service's own certificate, PEM or the path of a file, for brokers that ask for one. */
    readonly amqpTlsCert?: string | undefined;
    /** `AMQP_TLS_KEY`: its private key, PEM or the path of a file. */
    readonly amqpTlsKey?: string | undefined;
    /** `AMQP_TLS_PASSPHRASE`: of the private key, where it is encrypted. */
    readonly amqpTlsPassphrase?: string | undefined;
    /** `AMQP_TLS_SERVERNAME`: the name the broker's certificate is for. Default: the host of the address. */
    readonly amqpTlsServername?: string | undefined;
  }
}

// The longest delay a timer of Node can wait.
const longestTimer = 2 ** 31 - 1;

defineSettings({
  amqpUri: {
    env: 'AMQP_URI',
    schema: (z) =>
      z
        .union([z.string(), z.array(z.string()).min(1)], 'write an address, or a list of them')
        .superRefine((value, context) => {
          const message = uriFault(value);
          if (message !== undefined) context.addIssue({ code: 'custom', message });
        })
        .optional(),
    secret: true,
  },
  amqpHeartbeat: {
    env: 'AMQP_HEARTBEAT',
    schema: (z) => wholeNumber(z, 1, 3_600).default(10),
  },
  amqpEventExchanges: {
    env: 'AMQP_EVENT_EXCHANGES',
    schema: (z) => z.enum(eventExchangeKinds).default('auto-delete'),
  },
  delayStrategy: {
    env: 'AMQP_DELAY_STRATEGY',
    schema: (z) => z.enum(delayStrategies).default('queues'),
  },
  delays: {
    env: 'AMQP_DELAYS',
    schema: (z) => z.union([z.boolean(), z.stringbool()], 'give true or false').default(false),
  },
  amqpRpcDialects: {
    env: 'AMQP_RPC_DIALECTS',
    schema: (z) =>
      z
        .preprocess(
          (given) => (typeof given === 'string' ? given.split(',').map((name) => name.trim()) : given),
          z.array(z.enum(rpcDialects)).min(1, 'name one dialect at least'),
        )
        .transform((names) => [...new Set(names)])
        .default(['own']),
  },
  amqpRpcStacks: {
    env: 'AMQP_RPC_STACKS',
    schema: (z) => z.union([z.boolean(), z.stringbool()], 'give true or false').default(false),
  },
  amqpConnectTimeout: {
    env: 'AMQP_CONNECT_TIMEOUT',
    schema: (z) => wholeNumber(z, 1, longestTimer).default(3_000),
  },
  amqpStartTimeout: {
    env: 'AMQP_START_TIMEOUT',
    schema: (z) => wholeNumber(z, 0, longestTimer).default(60_000),
  },
  amqpPublishTimeout: {
    env: 'AMQP_PUBLISH_TIMEOUT',
    schema: (z) => wholeNumber(z, 1, longestTimer).default(30_000),
  },
  amqpMaxPending: { env: 'AMQP_MAX_PENDING', schema: (z) => wholeNumber(z, 1, 10_000_000).default(50_000) },
  amqpMaxPendingBytes: {
    env: 'AMQP_MAX_PENDING_BYTES',
    schema: (z) => wholeNumber(z, 1, Number.MAX_SAFE_INTEGER).default(64 * 1024 * 1024),
  },
  amqpTlsCa: { env: 'AMQP_TLS_CA', schema: (z) => z.string().optional() },
  amqpTlsCert: { env: 'AMQP_TLS_CERT', schema: (z) => z.string().optional() },
  amqpTlsKey: { env: 'AMQP_TLS_KEY', schema: (z) => z.string().optional(), secret: true },
  amqpTlsPassphrase: { env: 'AMQP_TLS_PASSPHRASE', schema: (z) => z.string().optional(), secret: true },
  amqpTlsServername: { env: 'AMQP_TLS_SERVERNAME', schema: (z) => z.string().optional() },
});
