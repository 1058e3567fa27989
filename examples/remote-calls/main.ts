import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bootstrap } from 'micro-framework';
import { PortfolioModule } from './portfolio.js';
import { QuotesModule } from './quotes.js';

// One of the two services, in a process of its own: both find the same broker.
const services = { quotes: QuotesModule, portfolio: PortfolioModule } as const;
const name = process.argv[2] === 'quotes' ? 'quotes' : 'portfolio';
const folder = pathToFileURL(join(tmpdir(), 'remote-calls')).href;

await bootstrap(services[name], { serviceName: name, amqpUri: process.env.AMQP_URI ?? folder });
