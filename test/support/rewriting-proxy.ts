import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { Transform } from 'node:stream';
import type { TestContext } from 'node:test';
import { frame } from './broker-raw.js';

/** What one side says instead of a method: its payload, class and method first. */
export type Rewrite = (payload: Buffer) => Buffer;

/** Stands between clients and a broker until the end of the test, and puts words into their mouths. Tells where it is. */
export async function openRewritingProxy(
  t: Pick<TestContext, 'after'>,
  uri: string,
  { toBroker = same, toClient = same }: { readonly toBroker?: Rewrite; readonly toClient?: Rewrite },
): Promise<string> {
  const { hostname, port } = new URL(uri);
  const server = createServer({ noDelay: true }, (client) => {
    const broker = connect({ host: hostname, port: Number(port), noDelay: true });
    for (const [from, to, rewrite] of [
      [client, broker, toBroker],
      [broker, client, toClient],
    ] as const) {
      from.on('error', () => to.destroy());
      from.pipe(rewriting(rewrite)).pipe(to);
    }
    t.after(() => {
      client.destroy();
      broker.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const through = new URL(uri);
  through.port = String((server.address() as AddressInfo).port);
  return through.href;
}

/** As if the broker had the delayed-message plug-in: its exchange is there, but it does not delay. */
export function delayedMessageExchange(payload: Buffer): Buffer {
  const isExchangeDeclare = payload.readUInt16BE(0) === 40 && payload.readUInt16BE(2) === 10;
  if (!isExchangeDeclare) return payload;
  const typeAt = 7 + payload.readUInt8(6);
  const flagsAt = typeAt + 1 + payload.readUInt8(typeAt);
  if (payload.toString('utf8', typeAt + 1, flagsAt) !== 'x-delayed-message') return payload;
  const noArguments = Buffer.alloc(4);
  const type = Buffer.from('\u0006direct');
  return Buffer.concat([
    payload.subarray(0, typeAt),
    type,
    payload.subarray(flagsAt, flagsAt + 1),
    noArguments,
  ]);
}

/** As if the broker were of another version, written in as many bytes as its own. */
export function brokerVersion(version: string): Rewrite {
  return (payload) => {
    const isStart = payload.readUInt16BE(0) === 10 && payload.readUInt16BE(2) === 10;
    const key = payload.indexOf('\u0007versionS');
    if (!isStart || key < 0) return payload;
    const at = key + 9;
    const told = version.padEnd(payload.readUInt32BE(at), '0');
    const changed = Buffer.from(payload);
    changed.write(told, at + 4);
    return changed;
  };
}

function same(payload: Buffer): Buffer {
  return payload;
}

function rewriting(rewrite: Rewrite): Transform {
  let rest = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      rest = Buffer.concat([rest, chunk]);
      if (rest.toString('latin1', 0, 4) === 'AMQP' && rest.length >= 8) {
        this.push(rest.subarray(0, 8));
        rest = rest.subarray(8);
      }
      while (rest.length >= 8 && rest.length >= rest.readUInt32BE(3) + 8) {
        const end = rest.readUInt32BE(3) + 8;
        const whole = rest.subarray(0, end);
        const isMethod = whole[0] === 1;
        this.push(isMethod ? frame(1, whole.readUInt16BE(1), rewrite(whole.subarray(7, -1))) : whole);
        rest = rest.subarray(end);
      }
      done();
    },
  });
}
