// Names on the broker, by which services in Python and TypeScript find each other.

/** The exchange that a service publishes its events to. */
export function eventsExchangeName(source: string): string {
  return `${source}.events`;
}

/** The queue of a listener that all instances of its service share. */
export function poolQueueName(source: string, event: string, service: string, target: string): string {
  return `${source}.${event}__${service}.${target}`;
}

/** The queue that all services share which listen to an event as one. Nameko's name: the Python original has none. */
export function singletonQueueName(source: string, event: string): string {
  return `evt-${source}-${event}`;
}

/** The queue of one instance of a service. */
export function instanceQueueName(shared: string, instance: string): string {
  return `${shared}-${instance}`;
}
