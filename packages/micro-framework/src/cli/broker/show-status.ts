import { brokerStatus } from '@micro-framework/broker';
import { exitCode } from '../command.js';
import { statusText } from './status-text.js';

/** Prints what the broker at the address holds. Resolves to the exit code. */
export async function showStatus(address: string): Promise<number> {
  console.log(statusText(await brokerStatus(address)));
  return exitCode.done;
}
