/** Every way a broker can fail to start or run, by code. */
export const brokerErrorCodes = [
  'BROKER_BAD_OPTION',
  'BROKER_PORT_IN_USE',
  'BROKER_LISTEN_FAILED',
  'BROKER_DATA_IN_USE',
  'BROKER_DATA_NOT_WRITABLE',
  'BROKER_DATA_FULL',
  'BROKER_DATA_DAMAGED',
  'BROKER_DATA_GONE',
  'BROKER_HOST_DIED',
  'BROKER_UNREACHABLE',
] as const;

/** The codes of a broker's errors; compare these, not messages. */
export type BrokerErrorCode = (typeof brokerErrorCodes)[number];

/**
 * Thrown by `startBroker` and by the methods of a `Broker`. `code` tells what kind it is, the message what was wrong,
 * where, and what to do; `cause` holds the system's error where there was one.
 *
 * @example
 * ```ts
 * await startBroker({ storage: 'file:///var/lib/my-service' }).catch((error) => {
 *   if (error.code === 'BROKER_DATA_IN_USE') connectToTheOther();
 * });
 * ```
 */
export class BrokerError extends Error {
  constructor(
    readonly code: BrokerErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'BrokerError';
  }
}
