import type { Settings } from '../config/kernel-settings.js';

/** What a worker needs to find the service and take its part of it: plain data. */
export interface WorkerInit {
  /** URL of the file to import. */
  readonly url: string;
  /** Key of the root module among those the file declares. */
  readonly moduleKey: string;
  /** Index of the context whose routes it runs. */
  readonly context: number;
  readonly settings: Settings;
  /** Instead of a service: URL of a file that exports `createHost`, for tests of executors. */
  readonly hostUrl?: string;
}
