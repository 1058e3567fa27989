// What the compiler accepts and refuses of `@Timer`. Checked by the build; never run.
import { BackOffData, CallContext, Inject, Timer } from 'micro-framework';

export class Accepted {
  @Timer(1_000)
  takesTheMoment(_firedAt: Date): void {}

  @Timer('*/5 * * * *', { timezone: 'Europe/Berlin', overlap: 'queue', eager: true })
  async mayIgnoreIt(): Promise<void> {}

  @Timer(1_000, { backOff: { maxRetries: 2, interval: ({ attempt }) => attempt * 100 }, onFailure: 'failed' })
  getsInjected(
    _firedAt: Date,
    @Inject(CallContext) _call: CallContext,
    @Inject(BackOffData) _retry: BackOffData,
  ): void {}
}

export class Refused {
  // @ts-expect-error The first argument is a Date.
  @Timer(1_000)
  wantsText(_firedAt: string): void {}

  // @ts-expect-error What is injected stands behind the moment.
  @Timer(1_000)
  injectedFirst(@Inject(CallContext) _call: CallContext, _firedAt: Date): void {}

  // @ts-expect-error A schedule is a number of milliseconds, or a cron expression.
  @Timer(new Date())
  wrongSchedule(): void {}

  // @ts-expect-error There is no such answer to overlapping ticks.
  @Timer(1_000, { overlap: 'drop' })
  wrongOverlap(): void {}

  // @ts-expect-error No option is called so.
  @Timer(1_000, { retries: 3 })
  unknownOption(): void {}

  // @ts-expect-error A property is no handler.
  @Timer(1_000)
  handler = (): void => {};
}
