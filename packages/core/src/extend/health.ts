/**
 * How well something works. `up`: as it should. `degraded`: in part, or slower; it is being mended. `down`: not at all
 * for now.
 */
export type HealthStatus = 'up' | 'degraded' | 'down';

/** A value that JSON can hold. */
export type HealthDetail =
  | string
  | number
  | boolean
  | null
  | readonly HealthDetail[]
  | { readonly [name: string]: HealthDetail };

/** What an extension says of itself. Never a password: it is shown to whoever asks how the service is. */
export interface HealthReport {
  /** What it is, where that depends on the settings. Default: what its definition is called. */
  readonly name?: string;
  readonly status: HealthStatus;
  /** What the status follows from. Times are milliseconds since 1970. */
  readonly details: { readonly [name: string]: HealthDetail };
}

/** The report of one part of a service. */
export interface HealthPart extends HealthReport {
  /** `RabbitMQ` or `embedded broker`, `EventListener of Orders.price`, `workers of ServiceModule`. */
  readonly name: string;
}

/** The worst of several; `up` for none. */
export function worstHealth(statuses: Iterable<HealthStatus>): HealthStatus {
  const all = new Set(statuses);
  if (all.has('down')) return 'down';
  return all.has('degraded') ? 'degraded' : 'up';
}

/** The report of a number of equal things of which some may be missing. */
export function healthOfSome(there: number, expected: number): HealthStatus {
  if (there >= expected) return 'up';
  return there > 0 ? 'degraded' : 'down';
}
