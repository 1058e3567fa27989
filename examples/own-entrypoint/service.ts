import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Module, Service } from 'micro-framework';
import { Watch } from './watch.js';

@Service()
class Inbox {
  @Watch(process.env.INBOX ?? 'inbox', { backOff: { maxRetries: 1, interval: 100 } })
  async read(path: string): Promise<void> {
    const { from } = JSON.parse(await readFile(path, 'utf8')) as { from: string };
    console.log(`${basename(path)}: a letter from ${from}`);
  }
}

@Module({ services: [Inbox] })
export class InboxModule {}
