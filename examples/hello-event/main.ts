import { bootstrap } from 'micro-framework';
import { HelloModule } from './service.js';

await bootstrap(HelloModule, { serviceName: 'hello' });
