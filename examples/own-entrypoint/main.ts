import { bootstrap } from 'micro-framework';
import { InboxModule } from './service.js';

await bootstrap(InboxModule, { serviceName: 'inbox', maxWorkers: 1, logLevel: 'warn' });
console.log('waiting for letters');
