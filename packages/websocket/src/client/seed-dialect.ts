import {
  type AnswerOutcome,
  parsePythonJson,
  readSeedException,
  readSeedTarget,
  seedCommands,
  type WireError,
} from '@micro-framework/core/rpc';
import type { Dialect, IncomingAnswer } from './dialect.js';

/** What the Python original speaks: one call at a time, without ids, and every call is answered. */
export const seedDialect: Dialect = {
  subprotocols: [],
  maxInFlight: 1,
  notifies: false,
  targetsCall: seedCommands.list,
  request: ({ target, params }) =>
    `{"command":${JSON.stringify(target)},"command_args":${params},"command_kwargs":{}}`,
  answer: readAnswer,
  readTargets: (value) => {
    if (!Array.isArray(value)) throw new TypeError(`${seedCommands.list} told of no targets`);
    return value.map(readSeedTarget).filter((target) => target !== undefined);
  },
};

function readAnswer(text: string): IncomingAnswer {
  try {
    const message = parsePythonJson(text) as { readonly data?: unknown; readonly exception?: unknown } | null;
    const error = readSeedException(message?.exception);
    const outcome: AnswerOutcome = error ? outcomeOf(error) : { kind: 'result', value: message?.data };
    return { id: undefined, outcome };
  } catch {
    const message = 'it answered something that is not JSON';
    return { id: undefined, outcome: { kind: 'refused', refusal: 'protocol', message } };
  }
}

function outcomeOf(error: WireError): AnswerOutcome {
  const { name, message } = error;
  switch (name) {
    case 'MaxConnectionsReached':
      return { kind: 'again', message };
    case 'RPCTargetDoesNotExist':
      return { kind: 'refused', refusal: 'unknown-target', message };
    case 'RPCMalformedMessage':
      return { kind: 'refused', refusal: 'protocol', message };
    default:
      return { kind: 'thrown', error };
  }
}
