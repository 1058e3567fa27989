const lookEvery = 1_000;

/**
 * Resolves when the npx that runs this command is gone. npm hands a signal on to the shell between the two, which dies of
 * it and tells nobody: what npx had started would run on, with the port and the folder. Other parents may leave on purpose,
 * as the shell behind `micro-framework broker &` does; they are not watched.
 */
export function npxGone(): Promise<'asked'> {
  return new Promise((resolve) => {
    if (!isRunByNpx(process.env)) return;
    const parent = process.ppid;
    const look = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(look);
      resolve('asked');
    }, lookEvery).unref();
  });
}

// The variables reach all that runs beneath, also what a tool that npx runs has started, to stay when it ends.
function isRunByNpx({
  npm_lifecycle_event: event,
  npm_lifecycle_script: script = '',
}: NodeJS.ProcessEnv): boolean {
  return event === 'npx' && /^\W?micro-framework\b/.test(script);
}
