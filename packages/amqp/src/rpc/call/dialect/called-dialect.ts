import type { AnswerOutcome, CallDialect, OutgoingCall } from '@micro-framework/core/rpc';
import type { Message } from '../../../connection/connection.js';
import type { Publication } from '../../../publish/publisher.js';
import type { Topology } from '../../../topology/topology.js';

/** Where the answers of a process come in. */
export interface ReplyQueue {
  /** What is consumed. */
  readonly name: string;
  /** What requests say for `replyTo`. */
  readonly address: string;
  /** What has to be there first. */
  readonly topology: Topology;
  /** Whether it is ours to delete. */
  readonly isTemporary: boolean;
}

/** Where a call goes, and its answer. */
export interface CallAddress {
  /** The name of the service. */
  readonly to: string;
  /** Undefined where no answer is wanted. */
  readonly correlation: string | undefined;
  readonly replyTo: string;
}

/** One protocol, as callers speak it. */
export interface CalledDialect extends CallDialect {
  /** Where answers come in. */
  replyQueue(service: string): ReplyQueue;
  /** Whether the broker confirms requests. */
  readonly confirms: boolean;
  request(call: OutgoingCall, address: CallAddress): Publication;
  readonly answer: (message: Message) => AnswerOutcome;
}
