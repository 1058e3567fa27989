import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A folder for a journal, on the disk that temporary files are on. */
export interface Folder {
  readonly storage: string;
  copy(): Folder;
  remove(): void;
}

export function newFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'mf-bench-broker-'));
  return {
    storage: pathToFileURL(path).href,
    copy: () => {
      const folder = newFolder();
      cpSync(path, new URL(folder.storage), { recursive: true });
      return folder;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
