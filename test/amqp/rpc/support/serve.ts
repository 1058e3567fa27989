import type { TestContext } from 'node:test';
import { bootstrap, type Class, type Runner, type SettingOptions } from 'micro-framework';

/** Starts a service until the end of the test. */
export async function serve(
  t: Pick<TestContext, 'after'>,
  module: Class,
  settings: SettingOptions,
): Promise<Runner> {
  const runner = await bootstrap(module, {
    serviceName: 'quotes',
    maxWorkers: 1,
    logLevel: (process.env.TEST_LOG ?? 'silent') as 'silent',
    signals: false,
    shutdownTimeout: 2_000,
    ...settings,
  });
  t.after(() => runner.stop());
  return runner;
}
