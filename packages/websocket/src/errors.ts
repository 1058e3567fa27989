import { FrameworkError, knownError } from '@micro-framework/core';

/** The WebSocket server cannot listen: the port is taken, the address is not this machine's, or permission lacks. */
@knownError('LISTEN_FAILED')
export class ListenError extends FrameworkError {}
