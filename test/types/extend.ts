// What the compiler accepts and refuses of entrypoints and dependencies of one's own. Checked by the build; never run.
import {
  annotate,
  type CallScope,
  defineDependency,
  type EntrypointDecorator,
  type EntrypointDefinition,
  Inject,
  type Interceptor,
  type RouteOptions,
  route,
  Timer,
} from 'micro-framework';

interface WatchOptions extends RouteOptions {
  readonly folder: string;
}

const watch: EntrypointDefinition<WatchOptions> = {
  kind: 'Watch',
  check: ({ folder }) => (folder === '' ? ['give a folder.'] : []),
  create: (context) => ({
    start: async () => {
      const { folder } = context.route.entrypoint.options;
      const ending = await context.dispatch({ input: folder });
      // @ts-expect-error Only some endings have a delay.
      ending.delay.toFixed();
      if (ending.kind === 'retry') ending.delay.toFixed();
    },
  }),
  receive: (input) => ({ kind: 'call', args: [input] }),
};

function Watch(folder: string): EntrypointDecorator<[path: string, size: number]> {
  return annotate(watch, { folder });
}

// @ts-expect-error Its options have a folder.
annotate(watch, {});

const Stopwatch = defineDependency<{ elapsed(): number }>({
  name: 'Stopwatch',
  worker: () => ({ provide: () => ({ elapsed: () => 0 }) }),
});

defineDependency<number>({
  name: 'Wrong',
  // @ts-expect-error It promises a number.
  worker: () => ({ provide: () => 'text' }),
});

export class Handlers {
  @Watch('/tmp')
  takesAll(_path: string, _size: number, @Inject(Stopwatch) _watch: { elapsed(): number }): void {}

  @Watch('/tmp')
  takesSome(_path: string): void {}

  // @ts-expect-error The second argument is a number.
  @Watch('/tmp')
  takesOthers(_path: string, _size: Date): void {}
}

export class Timed implements Interceptor {
  async intercept(call: CallScope, next: () => Promise<unknown>): Promise<unknown> {
    // @ts-expect-error What a call is given is not an interceptor's to change.
    call.args[0] = 1;
    return next();
  }
}

export const routes = [
  route((_at: Date) => {}, Timer(1_000), { inject: [Stopwatch], name: 'tick' }),
  route('./tasks.js#Tasks.tick', Timer(1_000)),
  // @ts-expect-error A decorator that carries no entrypoint.
  route('./tasks.js#tick', Inject()),
];
