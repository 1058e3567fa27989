// A service as users write it: declared and started in one file. `node service-main.js <mode>`.
import { isMainThread } from 'node:worker_threads';
import { bootstrap, CallContext, Inject, Module, Service, type Settings, Timer } from '@micro-framework/core';

@Service()
class Clock {
  @Timer(3_600_000, { eager: true })
  tick(_at: Date, @Inject(CallContext) call: CallContext) {
    console.log(`tick ${call.attempt} in ${isMainThread ? 'another process' : 'a thread of main'}`);
  }
}

@Module({
  services: [Clock],
  onWorkerStart: () => console.log('worker starts'),
  onWorkerStop: () => console.log('worker stops'),
})
class ClockModule {}

const workerMode = process.argv[2] as Settings['workerMode'];
const runner = await bootstrap(ClockModule, { workerMode, maxWorkers: 1, logLevel: 'silent' });
console.log('main runs');
process.once('message', async () => {
  await runner.stop();
  console.log(runner.state);
  process.disconnect();
});
