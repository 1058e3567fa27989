export type { Broker, BrokerStatus, Faults, InProcessStream, QueueStatus } from './broker.js';
export { BrokerError, type BrokerErrorCode, brokerErrorCodes } from './broker-error.js';
export { type Alarm, type Clock, FakeClock, systemClock } from './clock.js';
export type { BrokerOptions } from './options.js';
export { openBroker } from './shared/open-broker.js';
export type { BrokerLocation, SharedBroker, SharedBrokerOptions } from './shared/shared-broker.js';
export { startBroker } from './start-broker.js';
export { type BrokerStatusOptions, brokerStatus } from './status/broker-status.js';
