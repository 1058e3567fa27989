import { registeredModule } from '../../declare/module-registry.js';
import type { Class } from '../../declare/token.js';
import { WorkerStartError } from '../../errors/kernel-errors.js';
import type { WorkerInit } from '../worker-init.js';
import { takeWorkerSeat } from './seat.js';

// What else a file may wait for at its top, once it has called `bootstrap` for another module without waiting for it.
const patience = 5_000;

/**
 * Imports the service's file and finds its module class. Where that file calls `bootstrap`, it never finishes here,
 * since `bootstrap` does not resolve in a worker: then the class is taken as soon as `bootstrap` was reached. A class that
 * is declared only after an awaited `bootstrap` never comes to be: rejects when nothing has come for a while.
 */
export function loadModule({ url, moduleKey }: WorkerInit): Promise<Class> {
  return new Promise((resolve, reject) => {
    const serveIfDeclared = (): boolean => {
      const declared = registeredModule(moduleKey);
      if (declared) resolve(declared);
      return declared !== undefined;
    };
    takeWorkerSeat({
      reached: () => {
        if (!serveIfDeclared()) setTimeout(() => reject(declaredTooLate(url, moduleKey)), patience).unref();
      },
    });
    import(url).then(() => {
      if (!serveIfDeclared()) reject(missing(url, moduleKey));
    }, reject);
  });
}

function missing(url: string, moduleKey: string): WorkerStartError {
  return new WorkerStartError(
    `the worker imported ${url}, which does not declare the module ${moduleKey}: ` +
      'is the class with @Module() made at the top of that file, in every run alike?',
  );
}

function declaredTooLate(url: string, moduleKey: string): WorkerStartError {
  return new WorkerStartError(
    `the worker imported ${url} up to a bootstrap() of another module, which does not go on in a worker, and the module ` +
      `${moduleKey} was not declared by then: declare all modules of that file before its first bootstrap().`,
  );
}
