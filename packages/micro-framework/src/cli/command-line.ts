import { readFileSync } from 'node:fs';
import { BrokerError } from '@micro-framework/broker';
import { type Command, exitCode } from './command.js';
import { commandHelp, helpOption, overview } from './help.js';
import { readOptions } from './options.js';
import { UsageError } from './usage-error.js';

/** Runs the command that the arguments name, tells errors in one line, and returns the exit code. */
export async function runCommandLine(commands: readonly Command[], args: readonly string[]): Promise<number> {
  const [word, ...rest] = args;
  const command = commands.find(({ name }) => name === word);
  try {
    return command ? await runCommand(command, rest) : await answerWithout(commands, word);
  } catch (error) {
    const place = ['micro-framework', ...(command ? [command.name] : [])].join(' ');
    if (!isExpected(error)) throw error; // a fault of ours, with its stack
    const isUsage = error instanceof UsageError;
    console.error(`${place}: ${sentence(error)}${isUsage ? ` See npx ${place} --help` : ''}`);
    return isUsage ? exitCode.wrongUsage : exitCode.failed;
  }
}

async function runCommand(command: Command, args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(commandHelp(command));
    return exitCode.done;
  }
  return command.run(await readOptions(args, { ...command.options, help: helpOption }));
}

async function answerWithout(commands: readonly Command[], word: string | undefined): Promise<number> {
  if (word === undefined) {
    process.stderr.write(overview(commands));
    return exitCode.wrongUsage;
  }
  if (word === '--help' || word === '-h') process.stdout.write(overview(commands));
  else if (word === '--version') console.log(version());
  else if (word.startsWith('-')) throw await UsageError.unknown('option', word, ['--help', '--version']);
  else throw await UsageError.unknown('command', word, names(commands));
  return exitCode.done;
}

function names(commands: readonly Command[]): string[] {
  return commands.map(({ name }) => name);
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

// Their messages say what was wrong and what to do; a stack would add nothing.
function isExpected(error: unknown): error is UsageError | BrokerError {
  return error instanceof UsageError || error instanceof BrokerError;
}

// Some begin with the name of the function, which nobody has called here.
function sentence({ message }: Error): string {
  return message.replace(/^(startBroker|brokerStatus): /, '');
}
