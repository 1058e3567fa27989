import { frameEnd, frameHead, frameOverhead, frameType } from '../../codec/frame.js';
import type { Message } from '../../engine/message/message.js';
import type { Outbox } from '../outbox.js';

const deliverId = (60 << 16) | 60;
// Class and method, delivery tag, redelivered.
const deliverFixed = 4 + 8 + 1;

/**
 * Writes a `basic.deliver` with its message. `tag` is the consumer tag as a short string.
 *
 * This is where a broker spends its time, so it knows the layout by heart instead of asking the method table.
 */
export function writeDelivery(
  outbox: Outbox,
  channel: number,
  tag: Buffer,
  deliveryTag: number,
  redelivered: boolean,
  message: Message,
  frameMax: number,
): void {
  const { headerAt } = message;
  const size = deliverFixed + tag.length + headerAt;
  let at = outbox.reserve(frameOverhead + size);
  const { bytes } = outbox;
  at = writeHead(bytes, at, frameType.method, channel, size);
  at = bytes.writeUInt32BE(deliverId, at);
  at += tag.copy(bytes, at);
  at = bytes.writeUInt32BE(Math.floor(deliveryTag / 0x1_0000_0000), at);
  at = bytes.writeUInt32BE(deliveryTag >>> 0, at);
  bytes[at++] = redelivered ? 1 : 0;
  at += message.bytes.copy(bytes, at, 0, headerAt);
  bytes[at] = frameEnd;
  writeContent(outbox, channel, message, frameMax);
}

/** Writes header and body of a message, in as many frames as the client's limit asks for. */
export function writeContent(outbox: Outbox, channel: number, message: Message, frameMax: number): void {
  const { bytes: source, headerAt } = message;
  const bodyFrameAt = message.bodyFrameAt;
  if (source.length - bodyFrameAt > frameMax) {
    writeSplit(outbox, channel, message, frameMax);
    return;
  }
  const at = outbox.reserve(source.length - headerAt);
  source.copy(outbox.bytes, at, headerAt);
  setChannel(outbox.bytes, at, channel);
  if (source.length > bodyFrameAt) setChannel(outbox.bytes, at + bodyFrameAt - headerAt, channel);
}

function writeSplit(outbox: Outbox, channel: number, message: Message, frameMax: number): void {
  const { bytes: source, headerAt, bodyFrameAt, bodySize } = message;
  const header = outbox.reserve(bodyFrameAt - headerAt);
  source.copy(outbox.bytes, header, headerAt, bodyFrameAt);
  setChannel(outbox.bytes, header, channel);
  const from = bodyFrameAt + frameHead;
  const most = frameMax - frameOverhead;
  for (let done = 0; done < bodySize; done += most) {
    const size = Math.min(most, bodySize - done);
    const frame = outbox.reserve(frameOverhead + size);
    const at = writeHead(outbox.bytes, frame, frameType.body, channel, size);
    source.copy(outbox.bytes, at, from + done, from + done + size);
    outbox.bytes[at + size] = frameEnd;
  }
}

function writeHead(bytes: Buffer, at: number, type: number, channel: number, size: number): number {
  bytes[at] = type;
  setChannel(bytes, at, channel);
  return bytes.writeUInt32BE(size, at + 3);
}

function setChannel(bytes: Buffer, frameAt: number, channel: number): void {
  bytes[frameAt + 1] = channel >> 8;
  bytes[frameAt + 2] = channel & 0xff;
}
