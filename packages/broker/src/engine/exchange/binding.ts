import type { FieldTable } from '../../codec/field-table.js';
import type { Queue } from '../queue/queue.js';
import type { Exchange } from './exchange.js';

export type Destination = Queue | Exchange;

/** "Messages of `source` that match `key` (or `args`, on a headers exchange) go to `destination`." */
export interface Binding {
  readonly source: Exchange;
  readonly destination: Destination;
  readonly key: string;
  readonly args: FieldTable;
}

/** Two bindings are one when all of their parts are equal. */
export function bindingId(destination: Destination, key: string, args: FieldTable): string {
  const parts = [destination.kind, destination.name, key];
  for (const [name, field] of [...args].sort(([a], [b]) => (a < b ? -1 : 1)))
    parts.push(name, field.raw.toString('latin1'));
  return JSON.stringify(parts);
}
