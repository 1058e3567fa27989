import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** Which bytes a black hole swallows. */
export type Direction = 'to-broker' | 'to-client' | 'both';

/** A line to a broker that a test can cut and swallow. */
export interface TcpProxy {
  /** The broker's address, with the proxy's port. */
  readonly uri: string;
  /** Ends every connection at once, on both sides. */
  cut(): void;
  /**
   * From now on bytes get no further in that direction, nor does the news that somebody has hung up, and who connects
   * anew is not answered. As in a network that drops packets, all of it arrives once the line is well again.
   */
  blackhole(direction: Direction): void;
  heal(): void;
}

/** Which frames a proxy swallows, one by one. */
export interface Drops {
  fromBroker?(frame: Buffer): boolean;
  toBroker?(frame: Buffer): boolean;
}

/** Stands between clients and the broker at `uri` until the end of the test. */
export async function openProxy(
  t: Pick<TestContext, 'after'>,
  uri: string,
  drops: Drops = {},
): Promise<TcpProxy> {
  const { hostname, port } = new URL(uri);
  const lines = new Set<Line>();
  const held = { toBroker: false, toClient: false };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const broker = connect({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: true });
    const line = new Line(client, broker, drops);
    line.hold(held);
    lines.add(line);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const hold = (): void => {
    for (const line of lines) line.hold(held);
  };
  t.after(() => {
    server.close();
    for (const line of lines) line.cut();
  });
  const through = new URL(uri);
  through.port = String((server.address() as AddressInfo).port);
  return {
    uri: through.href,
    cut() {
      for (const line of lines) line.cut();
      lines.clear();
    },
    blackhole(direction) {
      held.toBroker ||= direction !== 'to-client';
      held.toClient ||= direction !== 'to-broker';
      hold();
    },
    heal() {
      held.toBroker = false;
      held.toClient = false;
      hold();
    },
  };
}

class Line {
  readonly #toBroker: Flow;
  readonly #toClient: Flow;

  constructor(
    readonly client: Socket,
    readonly broker: Socket,
    { toBroker, fromBroker }: Drops,
  ) {
    this.#toBroker = new Flow(client, broker, toBroker && frameFilter(toBroker, greeting));
    this.#toClient = new Flow(broker, client, fromBroker && frameFilter(fromBroker));
  }

  hold({ toBroker, toClient }: { toBroker: boolean; toClient: boolean }): void {
    this.#toBroker.hold(toBroker);
    this.#toClient.hold(toClient);
  }

  cut(): void {
    this.hold({ toBroker: false, toClient: false });
    for (const socket of [this.client, this.broker]) {
      // Node cannot reset one whose end is on its way: its handle would stay open for good.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  }
}

/** One direction: bytes, the end, and a hang-up of `from` reach `to`, unless they are held. */
class Flow {
  #isHeld = false;
  #hasGone = false;

  constructor(
    readonly from: Socket,
    readonly to: Socket,
    filter: (chunk: Buffer) => Buffer = (chunk) => chunk,
  ) {
    from.on('data', (chunk) => to.write(filter(chunk)));
    from.on('end', () => to.end());
    from.on('error', () => {});
    from.on('close', () => {
      this.#hasGone = true;
      if (!this.#isHeld) to.destroy();
    });
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (isHeld) this.from.pause();
    else if (this.#hasGone) this.to.destroy();
    else this.from.resume();
  }
}

/** Whether a frame is that method of AMQP, such as `basic.ack`: 60 and 80. */
export function isMethod(frame: Buffer, ofClass: number, method: number): boolean {
  return frame[0] === methodFrame && frame.readUInt16BE(7) === ofClass && frame.readUInt16BE(9) === method;
}

const methodFrame = 1;

// Type, channel and size, before what is in a frame; and a mark behind it.
const frameHead = 7;
const frameEnd = 1;

// What a client says first, "AMQP" and a version, is no frame yet.
const greeting = 8;

/** Lets whole frames through, without those that are to be dropped. */
function frameFilter(drops: (frame: Buffer) => boolean, before = 0): (chunk: Buffer) => Buffer {
  let rest = Buffer.alloc(0);
  let unframed = before;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const kept = [rest.subarray(0, unframed)];
    rest = rest.subarray(unframed);
    unframed -= kept[0]?.length ?? 0;
    while (rest.length >= frameHead) {
      const size = frameHead + rest.readUInt32BE(3) + frameEnd;
      if (rest.length < size) break;
      const frame = rest.subarray(0, size);
      rest = rest.subarray(size);
      if (!drops(frame)) kept.push(frame);
    }
    return Buffer.concat(kept);
  };
}
