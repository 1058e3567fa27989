// A second module that is declared after an awaited bootstrap of the first. `node late-module-main.js <mode>`.
import { bootstrap, Module, route, type Settings, Timer } from '@micro-framework/core';

const tick = (): void => {};

@Module({ routes: [route(tick, Timer(3_600_000))] })
class FirstModule {}

const workerMode = process.argv[2] as Settings['workerMode'];
const options = { workerMode, maxWorkers: 1, logLevel: 'silent' } as const;
const first = await bootstrap(FirstModule, options);

@Module({ routes: [route(tick, Timer(3_600_000))] })
class SecondModule {}

await bootstrap(SecondModule, options).catch((error: Error) => console.log(error.message));
await first.stop();
process.disconnect();
