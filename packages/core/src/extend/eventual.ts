/**
 * A value, or a promise of it where something has to be waited for. What is there at once costs nobody a promise and a turn
 * of the queue behind it: with a handler that returns at once, that is most of what a call costs.
 */
export type Eventual<T> = T | Promise<T>;

/** Goes on with a value as soon as it is there, which may be now. */
export function whenThere<T, U>(value: Eventual<T>, next: (value: T) => Eventual<U>): Eventual<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
