import { AmqpError } from '../../amqp-error.js';
import { frameEnd, frameHead, frameOverhead, frameType } from '../../codec/frame.js';
import { octets, Undecodable } from '../../codec/undecodable.js';
import { checkProperties, checkText } from '../../codec/wire-check.js';
import { Message } from '../../engine/message/message.js';

const basicClass = 60;
const idSize = 4; // class and method
const publishFixed = idSize + 2; // and ticket
const weightAt = 2; // after class
const bodySizeAt = 4; // after class and weight
const propertiesAt = 12;
const smallestHeader = 14; // class, weight, body size, property flags

/**
 * Puts a message together from the frames of a `basic.publish`: method, header, bodies. The message's one buffer is
 * made when the header tells the size, and every byte is copied into it once.
 */
export class IncomingContent {
  mandatory = false;
  immediate = false;
  // The route of the publish before, since most publishers stay with one: its bytes and what they mean.
  #route = Buffer.alloc(0);
  #exchange = '';
  #routingKey = '';
  #expects: 'method' | 'header' | 'body' = 'method';
  #bytes = Buffer.alloc(0);
  #filled = 0;
  #left = 0;

  /** A method may not come while a message is on its way. */
  assertIdle(): void {
    if (this.#expects !== 'method') throw unexpected(this.#expects);
  }

  /** Takes the payload of a `basic.publish` at `at`. */
  begin(frame: Buffer, at: number, size: number): void {
    const from = at + publishFixed;
    const end = at + size;
    const keyAt = from + 1 + (frame[from] ?? 0);
    const bitsAt = keyAt + 1 + (frame[keyAt] ?? 0);
    if (bitsAt !== end - 1) throw new Undecodable(octets(frame, at + idSize, end));
    const length = bitsAt - from;
    if (length !== this.#route.length || frame.compare(this.#route, 0, length, from, bitsAt) !== 0) {
      // RabbitMQ routes by bytes here and by UTF-8 everywhere else; a key that is none could match no binding by name.
      checkText(frame, from + 1, keyAt);
      checkText(frame, keyAt + 1, bitsAt);
      this.#route = Buffer.from(frame.subarray(from, bitsAt));
      this.#exchange = frame.toString('utf8', from + 1, keyAt);
      this.#routingKey = frame.toString('utf8', keyAt + 1, bitsAt);
    }
    const bits = frame[bitsAt] as number;
    this.mandatory = (bits & 1) !== 0;
    this.immediate = (bits & 2) !== 0;
    this.#expects = 'header';
  }

  /** Takes a header frame's payload; a message without a body is complete with it. */
  header(frame: Buffer, at: number, size: number, maxBytes: number): Message | undefined {
    if (this.#expects !== 'header') throw unexpected(this.#expects);
    if (size < smallestHeader) throw new Undecodable(octets(frame, at, at + size));
    const classId = frame.readUInt16BE(at);
    if (frame.readUInt16BE(at + weightAt) !== 0) throw unexpected('header');
    if (classId !== basicClass)
      throw new AmqpError(
        'UNEXPECTED_FRAME',
        `expected content header for class 60, got one for class ${classId} instead`,
      );
    checkProperties(frame, at + propertiesAt, at + size);
    const bodySize =
      frame.readUInt32BE(at + bodySizeAt) * 0x1_0000_0000 + frame.readUInt32BE(at + bodySizeAt + 4);
    if (bodySize > maxBytes) {
      this.#expects = 'method';
      throw new AmqpError(
        'PRECONDITION_FAILED',
        `message size ${bodySize} is larger than configured max size ${maxBytes}`,
      );
    }
    const route = this.#route.length;
    const bodyAt = route + frameOverhead + size;
    const bytes = Buffer.allocUnsafe(bodyAt + (bodySize > 0 ? frameOverhead + bodySize : 0));
    this.#route.copy(bytes);
    frame.copy(bytes, route, at - frameHead, at + size + 1);
    if (bodySize > 0) {
      bytes[bodyAt] = frameType.body;
      bytes.writeUInt32BE(bodySize, bodyAt + 3);
      bytes[bytes.length - 1] = frameEnd;
    }
    this.#bytes = bytes;
    this.#filled = bodyAt + frameHead;
    this.#left = bodySize;
    this.#expects = 'body';
    return bodySize === 0 ? this.#complete() : undefined;
  }

  body(frame: Buffer, at: number, size: number): Message | undefined {
    if (this.#expects !== 'body') throw unexpected(this.#expects);
    if (size > this.#left)
      throw new AmqpError(
        'FRAME_ERROR',
        `a body of ${size} bytes where ${this.#left} are left of the message`,
      );
    frame.copy(this.#bytes, this.#filled, at, at + size);
    this.#filled += size;
    this.#left -= size;
    return this.#left === 0 ? this.#complete() : undefined;
  }

  #complete(): Message {
    this.#expects = 'method';
    const bytes = this.#bytes;
    this.#bytes = Buffer.alloc(0);
    return new Message(this.#exchange, this.#routingKey, bytes, this.#route.length);
  }
}

const unexpectedTexts = {
  method: 'expected method frame, got non method frame instead',
  header: 'expected content header for class 60, got non content header frame instead',
  body: 'expected content body, got non content body frame instead',
};

/** RabbitMQ's words for a frame out of turn. */
function unexpected(expected: 'method' | 'header' | 'body'): AmqpError {
  return new AmqpError('UNEXPECTED_FRAME', unexpectedTexts[expected]);
}
