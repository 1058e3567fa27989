import { AmqpError } from '../../amqp-error.js';
import { smallestFrameMax } from '../../codec/frame.js';

export interface Limits {
  readonly channelMax: number;
  readonly frameMax: number;
  /** Seconds. */
  readonly heartbeat: number;
}

/** What both sides keep to: the client's wish, where it is within the server's limits. 0 asks for no limit. */
export function negotiate(offered: Limits, wished: Limits): Limits {
  if (wished.frameMax !== 0 && wished.frameMax < smallestFrameMax)
    throw refused('frame_max', wished.frameMax, 'lower than the minimum', smallestFrameMax);
  if (wished.frameMax > offered.frameMax)
    throw refused('frame_max', wished.frameMax, 'higher than the maximum', offered.frameMax);
  if (wished.channelMax > offered.channelMax)
    throw refused('channel_max', wished.channelMax, 'higher than the maximum', offered.channelMax);
  return {
    channelMax: wished.channelMax || offered.channelMax,
    frameMax: wished.frameMax || offered.frameMax,
    heartbeat: wished.heartbeat,
  };
}

function refused(what: string, wish: number, than: string, limit: number): AmqpError {
  return new AmqpError('NOT_ALLOWED', `negotiated ${what} = ${wish} is ${than} allowed value (${limit})`);
}
