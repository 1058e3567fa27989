// What the compiler accepts and refuses of `bootstrap` and `@Module`. Checked by the build; never run.
import { bootstrap, Module, type Runner, Service } from 'micro-framework';

@Service()
class Empty {}

@Module({
  services: [Empty],
  workers: { mode: 'process', max: 2 },
  providers: [{ provide: 'a', useValue: 1 }],
})
class ServiceModule {}

/** Makes it clear that nothing here is run. */
export async function bootstraps(): Promise<Runner[]> {
  // @ts-expect-error An option that does not exist.
  await bootstrap(ServiceModule, { workerModus: 'thread' });
  // @ts-expect-error A mode that does not exist.
  await bootstrap(ServiceModule, { workerMode: 'fiber' });
  // @ts-expect-error A number in a text.
  await bootstrap(ServiceModule, { maxWorkers: '3' });
  // @ts-expect-error A module is a class, not an instance.
  await bootstrap(new ServiceModule());
  // @ts-expect-error Runners are made by `bootstrap`, which says what is missing.
  (await bootstrap(ServiceModule)).state = 'running';

  return [
    await bootstrap(ServiceModule),
    await bootstrap(ServiceModule, { serviceName: 'a', workerMode: 'greedy_process', maxTasksPerChild: 2 }),
    await bootstrap(ServiceModule, { serviceName: undefined, signals: false }),
    await bootstrap(ServiceModule, import.meta, { logLevel: 'silent' }),
  ];
}

// @ts-expect-error Services are classes.
@Module({ services: [new Empty()] })
export class WrongService {}

// @ts-expect-error A provider needs a way to get its value.
@Module({ providers: [{ provide: 'a' }] })
export class WrongProvider {}

// @ts-expect-error Workers are given by number.
@Module({ workers: { max: 'all' } })
export class WrongWorkers {}
