import { NotCloneableError } from '../errors/kernel-errors.js';
import { toWireError } from '../errors/wire-error.js';
import type { CallInfo } from '../extend/call-scope.js';
import { type Call, infoOf } from '../run/call.js';
import type { Answer, Question } from './protocol.js';

/** The main side's end of the bridge: answers what workers ask. Rejects with the error to be thrown there. */
export type AnswerQuestion = (
  dependency: string,
  request: unknown,
  call: CallInfo | undefined,
) => Promise<unknown>;

/** Answers a worker's question, on behalf of the call that asked it if that is still running. Never rejects. */
export async function reply(
  { question, dependency, request }: Question,
  call: Call | undefined,
  answer: AnswerQuestion,
  post: (answer: Answer) => void,
): Promise<void> {
  const refuse = (error: unknown): void =>
    post({ mf: 'answer', question, ok: false, error: toWireError(error) });
  let value: unknown;
  try {
    value = await answer(dependency, request, call && infoOf(call));
  } catch (error) {
    return refuse(error);
  }
  try {
    post({ mf: 'answer', question, ok: true, value });
  } catch (cause) {
    const { message } = toWireError(cause);
    refuse(
      new NotCloneableError(`what ${dependency} answered cannot reach the worker: ${message}`, { cause }),
    );
  }
}
