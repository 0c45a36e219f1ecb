import type { Port } from './client.js';
import { Gate } from './gate.js';

new Gate(
  globalThis as unknown as Port,
  () => new Worker(new URL('./engine-worker.js', import.meta.url), { type: 'module', name: 'bauta engine' }),
);
