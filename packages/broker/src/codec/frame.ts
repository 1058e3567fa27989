/** The frame types and sizes of AMQP 0-9-1. */
export const frameType = { method: 1, header: 2, body: 3, heartbeat: 8 } as const;

export const frameEnd = 0xce;

/** Type, channel and size in front of the payload. */
export const frameHead = 7;

/** What a frame costs besides its payload: its head and its end. */
export const frameOverhead = 8;

/** No client may ask for less. */
export const smallestFrameMax = 4096;

/** The eight bytes a client opens with; sent back to one that speaks another version. */
export const protocolHeader: Buffer = Buffer.from([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1]);

export const heartbeatFrame: Buffer = Buffer.from([frameType.heartbeat, 0, 0, 0, 0, 0, 0, frameEnd]);
