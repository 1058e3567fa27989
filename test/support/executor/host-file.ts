/** A file with the source, as a URL that workers can import. */
export function fileOf(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

/** A file that makes a host which echoes, with code of the test's own for its start and its stop. */
export function hostFile({ start = '', stop = '' }: { start?: string; stop?: string }): string {
  return fileOf(`export const createHost = (ask) => ({
    async start() { ${start} },
    async run({ route, input }) {
      if (route === 'exit') process.exit(1);
      return { kind: 'succeeded', value: input, effects: [] };
    },
    abort() {},
    async stop() { ${stop} },
  });`);
}
