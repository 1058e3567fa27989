import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The links of pages to files that are not there, each behind the page it stands on. */
export function brokenLinks(folder: string, pages: readonly string[]): string[] {
  return pages.flatMap((page) =>
    [...readFileSync(join(folder, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !existsSync(join(folder, dirname(page), link)))
      .map((link) => `${page}: ${link}`),
  );
}
