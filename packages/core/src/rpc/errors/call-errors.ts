import { FrameworkError, knownError } from '../../errors/errors.js';

/** No answer came in time: the caller's patience, or the callee's `taskTimeout`, was over. The call may have run. */
@knownError('RPC_TIMED_OUT')
export class RpcTimeoutError extends FrameworkError {}

/** The other side could not be reached in time, or the client was closed: the call was not sent. */
@knownError('RPC_UNREACHABLE')
export class RpcUnreachableError extends FrameworkError {}

/** The connection broke while the call was on its way: it may have run, or not. */
@knownError('RPC_CONNECTION_LOST')
export class RpcConnectionLostError extends FrameworkError {}

/** There was no room for the call within its time: the other side's workers and queue are full, or too many calls wait here. */
@knownError('RPC_BUSY')
export class RpcBusyError extends FrameworkError {}

/** The worker that ran the call died; what it did until then is done. */
@knownError('RPC_CRASHED')
export class RpcCrashedError extends FrameworkError {}

/** The other side offers nothing by that name, or several things. */
@knownError('RPC_UNKNOWN_TARGET')
export class RpcUnknownTargetError extends FrameworkError {}

/** The other side could not place the arguments: too many, an unknown name, a missing one. The handler was not called. */
@knownError('RPC_BAD_ARGUMENTS')
export class RpcBadArgumentsError extends FrameworkError {}

/** The other side does not let this caller call that. */
@knownError('RPC_UNAUTHORIZED')
export class RpcUnauthorizedError extends FrameworkError {}

/** Arguments or a result that cannot be put on the wire: not JSON, or too large. */
@knownError('RPC_UNSENDABLE')
export class RpcUnsendableError extends FrameworkError {}

/** The other side could not make sense of what was sent, or answered what makes none: it speaks something else. */
@knownError('RPC_PROTOCOL')
export class RpcProtocolError extends FrameworkError {}
