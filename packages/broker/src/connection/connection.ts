import type { Duplex } from 'node:stream';
import { AmqpError, type ReplyName, replyCodes } from '../amqp-error.js';
import { ByteWriter } from '../codec/byte-writer.js';
import { frameEnd, frameType, protocolHeader } from '../codec/frame.js';
import { idsOf, writeMethod } from '../codec/method-codec.js';
import type { MethodArguments, MethodName } from '../codec/methods.js';
import { Channels } from './channel/channels.js';
import type { WireChannel } from './channel/wire-channel.js';
import type { ConnectionContext, ServerContext } from './context.js';
import { FrameReader } from './frame-reader.js';
import { type ConnectionState, FrameRouter, type RoutedConnection } from './frame-router.js';
import { Greeting } from './handshake/greeting.js';
import { Handshake, type Progress } from './handshake/handshake.js';
import { Heartbeat } from './heartbeat.js';
import { Intake } from './intake.js';
import { Outbox } from './outbox.js';
import { shorten } from './reply-text.js';

const handshakeWithin = 10_000;
const closeWithin = 2_000;

/** One client, from its first byte to the end of its socket; its mistakes end a channel or all of it. */
export class Connection implements ConnectionContext, RoutedConnection {
  state: ConnectionState = 'greeting';
  readonly outbox: Outbox;
  readonly handshake: Handshake;
  readonly channels = new Channels(this);
  readonly intake = new Intake(this);
  #deadline: NodeJS.Timeout;
  #flushes: (() => void)[] = [];
  readonly #greeting = new Greeting();
  readonly #frames = new FrameReader(new FrameRouter(this));
  readonly #heartbeat = new Heartbeat();
  readonly #scratch = new ByteWriter();

  constructor(
    readonly server: ServerContext,
    readonly socket: Duplex,
    readonly ended: (connection: Connection) => void,
  ) {
    this.handshake = new Handshake(this);
    this.outbox = new Outbox(socket, {
      beforeFlush: () => this.#flushConfirms(),
      congestion: (congested) => this.#congestion(congested),
      delay: () => server.faults.delay,
    });
    this.#deadline = setTimeout(() => this.destroy(), handshakeWithin).unref();
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.destroy());
  }

  get reading(): boolean {
    return this.intake.isOpen && this.state !== 'closed';
  }

  send<N extends MethodName>(channel: number, name: N, args: MethodArguments<N>): void {
    if (this.state === 'closed') return;
    const writer = this.#scratch.clear().octet(frameType.method).short(channel);
    writer.sized(() => writeMethod(writer, name, args)).octet(frameEnd);
    this.outbox.append(writer.written);
  }

  confirmsReady(flush: () => void): void {
    this.#flushes.push(flush);
    this.outbox.schedule();
  }

  resume(): void {
    if (!this.reading) return;
    this.socket.resume();
    try {
      this.#frames.resume();
    } catch (error) {
      this.failed(error);
    }
  }

  progressed(to: Progress): void {
    if (to === 'opened') {
      clearTimeout(this.#deadline);
      this.state = 'open';
    } else if (to === 'tuned') this.#heartbeat.start(this.handshake.limits.heartbeat, this);
  }

  failed(error: unknown, channel?: WireChannel, culprit?: MethodName): void {
    if (this.state === 'closing' || this.state === 'closed') return;
    if (!(error instanceof AmqpError)) {
      this.server.internalError(error);
      this.close('INTERNAL_ERROR', 'an error in the broker', culprit);
    } else if (error.scope === 'channel' && channel) this.channels.fail(channel, error, culprit);
    else this.#closeWith(error.code, error.message, culprit);
  }

  /** Ends it in good order: the client is told why, and has a moment to agree. */
  close(name: ReplyName, text: string, culprit?: MethodName): void {
    if (this.state === 'closing' || this.state === 'closed') return;
    this.#closeWith(replyCodes[name], `${name} - ${text}`, culprit);
  }

  /** Both sides have agreed to end. What is written still goes out. */
  finished(): void {
    this.outbox.flush();
    this.#end();
    this.outbox.end();
  }

  /** Ends it at once, as a cut cable would. */
  destroy(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    clearTimeout(this.#deadline);
    this.#heartbeat.stop();
    this.outbox.close();
    this.#releaseAll();
    this.socket.destroy();
    this.ended(this);
  }

  #receive(chunk: Buffer): void {
    this.#heartbeat.heard();
    try {
      if (this.state === 'greeting') this.#greet(chunk);
      else this.#frames.push(chunk);
      if (this.state === 'open') this.intake.answered();
    } catch (error) {
      this.failed(error);
      this.socket.pause();
    }
  }

  #greet(chunk: Buffer): void {
    const rest = this.#greeting.take(chunk);
    if (rest === 'unfinished') return;
    if (rest === 'foreign') {
      // It is told which protocol is spoken here, and no more.
      this.state = 'closing';
      this.socket.end(protocolHeader);
      return;
    }
    this.state = 'handshake';
    this.handshake.begin();
    this.#frames.push(rest);
  }

  #closeWith(code: number, text: string, culprit?: MethodName): void {
    this.send(0, 'connection.close', { code, text: shorten(text), ...idsOf(culprit) });
    this.#flushConfirms();
    this.#end();
    this.intake.end();
    this.socket.resume();
  }

  #end(): void {
    this.state = 'closing';
    this.#releaseAll();
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.destroy(), closeWithin).unref();
  }

  #releaseAll(): void {
    this.server.pressure.forget(this.intake);
    this.channels.closeAll();
    this.server.engine.queues.release(this);
  }

  #flushConfirms(): void {
    if (this.server.faults.confirmsWithheld) return; // they stay in the list
    const flushes = this.#flushes;
    this.#flushes = [];
    for (const flush of flushes) flush();
  }

  #congestion(congested: boolean): void {
    if (congested) this.channels.pause();
    else {
      this.channels.resume();
      this.intake.caughtUp();
    }
  }
}
