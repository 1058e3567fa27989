import type { WireError } from '../../errors/wire-error.js';
import type { RpcAnswer } from '../answer.js';
import type { AnswerOutcome } from '../client/carrier.js';
import { parsePythonJson } from './python-json.js';
import { readSeedException, type SeedException, seedException } from './seed-messages.js';

// Answers of Python's micro_framework: `{ data, exception }`, over any transport.

/** An answer as it is written; results are JSON text. */
export function seedAnswerText(answer: RpcAnswer): string {
  return answer.kind === 'result'
    ? `{"data":${answer.value as string},"exception":null}`
    : seedExceptionText(seedException(answer));
}

/** An exception as an answer. */
export function seedExceptionText(exception: SeedException): string {
  return `{"data":null,"exception":${JSON.stringify(exception)}}`;
}

/** What an answer says. */
export function readSeedAnswer(text: string): AnswerOutcome {
  try {
    return outcomeOf(parsePythonJson(text));
  } catch {
    return { kind: 'refused', refusal: 'protocol', message: 'it answered something that is not JSON' };
  }
}

function outcomeOf(answer: unknown): AnswerOutcome {
  const message = answer as { readonly data?: unknown; readonly exception?: unknown } | null;
  const error = readSeedException(message?.exception);
  return error ? failed(error) : { kind: 'result', value: message?.data };
}

function failed(error: WireError): AnswerOutcome {
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
