import type { WireChannel } from './wire-channel.js';

const publishMethod = (60 << 16) | 40;
const ackMethod = (60 << 16) | 80;
const idSize = 4;
const ackSize = idSize + 8 + 1;

/**
 * Publishing and acknowledging are most of what clients do; they go past the method table. Tells whether the method was
 * one of them, and is done.
 */
export function takeHotMethod(channel: WireChannel, bytes: Buffer, at: number, size: number): boolean {
  if (size < idSize) return false;
  const id = bytes.readUInt32BE(at);
  if (id === publishMethod) channel.publishing.begin(bytes, at, size);
  else if (id === ackMethod && size === ackSize)
    channel.acked(
      bytes.readUInt32BE(at + 4) * 0x1_0000_0000 + bytes.readUInt32BE(at + 8),
      ((bytes[at + 12] as number) & 1) !== 0,
    );
  else return false;
  return true;
}
