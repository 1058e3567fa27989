// Stands for a loader that is given with --import and takes its time.
import { setTimeout as pause } from 'node:timers/promises';

await pause(50);
(globalThis as { fixtureLoader?: string }).fixtureLoader = 'loaded';
