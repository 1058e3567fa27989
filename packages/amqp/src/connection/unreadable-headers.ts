// The driver reads a headers table within a table by calling itself. A sender may nest thousands of them: then the
// driver's stack overflows, it takes that for a broken connection, and the message comes again on the next one, for
// ever. So a header frame that the driver cannot read is given to it once more, with an empty table in that place.

/** The driver's end of a connection, as far as it is used here. */
interface FrameReader {
  /** Bytes that came and are not read yet, the next frame first. */
  rest: Buffer;
  /** Takes the next whole frame off `rest` and decodes it. */
  recvFrame(): unknown;
}

const unreadable = new WeakSet<object>();

/** Whether these are the headers of a message whose own could not be read. */
export function areUnreadable(headers: object | undefined): boolean {
  return headers !== undefined && unreadable.has(headers);
}

/**
 * From now on, headers that the driver cannot read cost their message its headers, and nobody the connection.
 *
 * @param connection - the driver's own
 */
export function surviveUnreadableHeaders(connection: object): void {
  const reader = connection as FrameReader;
  const receive = reader.recvFrame.bind(reader);
  reader.recvFrame = () => {
    const { rest } = reader;
    try {
      return receive();
    } catch (error) {
      const emptied = withoutHeaders(rest);
      // The driver has taken the frame off already when it decodes it.
      if (!emptied || reader.rest === rest) throw error;
      const following = reader.rest;
      reader.rest = Buffer.concat([emptied, following]);
      const frame = receive() as { fields: { headers: object } };
      unreadable.add(frame.fields.headers);
      return frame;
    }
  };
}

const headerFrame = 2;
// Type, channel and size of the frame; then class, weight and body size of the content; then its flags.
const payloadAt = 7;
const flagsAt = payloadAt + 12;
const contentTypeFlag = 1 << 15;
const contentEncodingFlag = 1 << 14;
const headersFlag = 1 << 13;

/** The frame that these bytes begin with, its headers table empty; undefined when it has none. */
function withoutHeaders(bytes: Buffer): Buffer | undefined {
  if (bytes.length < flagsAt + 2 || bytes[0] !== headerFrame) return undefined;
  const flags = bytes.readUInt16BE(flagsAt);
  const end = payloadAt + bytes.readUInt32BE(3) + 1;
  if ((flags & headersFlag) === 0 || bytes.length < end) return undefined;
  const frame = bytes.subarray(0, end);
  // Two properties may stand before the table, text of one length byte each.
  let tableAt = flagsAt + 2;
  for (const flag of [contentTypeFlag, contentEncodingFlag])
    if ((flags & flag) !== 0) tableAt += 1 + frame.readUInt8(tableAt);
  const tableEnd = tableAt + 4 + frame.readUInt32BE(tableAt);
  const emptied = Buffer.concat([frame.subarray(0, tableAt), Buffer.alloc(4), frame.subarray(tableEnd)]);
  emptied.writeUInt32BE(emptied.length - payloadAt - 1, 3);
  return emptied;
}
