import type { Duplex } from 'node:stream';

// The driver gives the number of a channel that has closed to the next one at once. What is still to be sent on the old
// one, its last word at the end, has a line of its own to the socket, and the first word of the new one may overtake it:
// then the broker does not take that for a new channel and never answers, or, in the middle of a message, closes the
// whole connection. A few large messages behind the one for which the channel was closed are enough.

/** The driver's end of a connection, as far as it is used here. */
interface ChannelTable {
  /** By their numbers. */
  readonly channels: readonly ({ readonly buffer: Duplex } | null)[];
  readonly freeChannels: { set(number: number): void; clear(number: number): void };
  /** Frees a number. */
  releaseChannel(number: number): void;
}

/**
 * From now on the number of a channel is not given away before all that was to be sent on it is with the socket.
 *
 * @param connection - the driver's own
 */
export function keepNumbersUntilSent(connection: object): void {
  const table = connection as ChannelTable;
  const release = table.releaseChannel.bind(table);
  table.releaseChannel = (number) => {
    const buffer = table.channels[number]?.buffer;
    const isSent = !buffer || buffer.readableLength + buffer.writableLength === 0;
    release(number);
    if (isSent) return;
    table.freeChannels.set(number);
    buffer.once('end', () => table.freeChannels.clear(number));
  };
}
