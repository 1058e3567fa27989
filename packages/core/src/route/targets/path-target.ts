import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Token } from '../../declare/token.js';
import type { Target } from '../route.js';

/** Where a path stands, and what its target gets injected. */
export interface PathPlace {
  readonly url: string | undefined;
  readonly where: string;
  readonly inject: readonly Token[];
}

/** `'./tasks.js#Class.method'` as a target. Nothing is imported: that is the workers' part. */
export function pathTarget(
  path: string,
  { url, where, inject }: PathPlace,
  faults: string[],
): Target | undefined {
  const [file = '', member = '', ...rest] = path.split('#');
  if (file === '' || !/^[\w$]+(\.[\w$]+)?$/.test(member) || rest.length > 0) {
    faults.push(`${where}: '${path}' is no target. Write './file.js#function' or './file.js#Class.method'.`);
    return undefined;
  }
  const relative = file.startsWith('.');
  if (relative && !url?.startsWith('file:')) {
    const mend = url === undefined ? 'Add url: import.meta.url to @Module({ ... })' : 'Give an absolute path';
    faults.push(`${where}: '${path}' is relative to ${url ?? 'a file that is unknown'}. ${mend}.`);
    return undefined;
  }
  if (relative) return { kind: 'path', url: new URL(file, url).href, member, inject, where };
  if (isAbsolute(file)) return { kind: 'path', url: pathToFileURL(file).href, member, inject, where };
  if (URL.canParse(file)) return { kind: 'path', url: file, member, inject, where };
  // A worker would look for the package where the framework is installed, which may not be where the service is.
  faults.push(
    `${where}: '${path}' names a package. Write route(\`\${import.meta.resolve('${file}')}#${member}\`, ...) instead.`,
  );
  return undefined;
}
