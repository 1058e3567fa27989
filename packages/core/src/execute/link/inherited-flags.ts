// Flags that say what the main process itself runs, with the value after them. A worker runs something else.
const ofItsScript = new Set(['-e', '--eval', '-p', '-pe', '--print', '--input-type']);
// Flags a thread can be given; of the others many are the process's, and make it throw.
const ofThreads = new Set([
  '-r',
  '--require',
  '--import',
  '--loader',
  '--experimental-loader',
  '-C',
  '--conditions',
]);

/** The flags of the main process that worker processes are started with, too. */
export function processFlags(execArgv: readonly string[]): string[] {
  return flags(execArgv).flatMap((flag) => (ofItsScript.has(nameOf(flag)) ? [] : flag));
}

/** The flags to give to threads; `undefined` lets them inherit all, which is right but for `--input-type`. */
export function threadFlags(execArgv: readonly string[]): string[] | undefined {
  const all = flags(execArgv);
  if (!all.some((flag) => nameOf(flag) === '--input-type')) return undefined;
  return all.flatMap((flag) => (ofThreads.has(nameOf(flag)) ? flag : []));
}

/** Puts flags and the values that stand after them together. */
function flags(execArgv: readonly string[]): string[][] {
  const all: string[][] = [];
  for (const argument of execArgv) {
    if (argument.startsWith('-') || all.length === 0) all.push([argument]);
    else all.at(-1)?.push(argument);
  }
  return all;
}

function nameOf([flag = '']: readonly string[]): string {
  return flag.split('=', 1)[0] ?? flag;
}
