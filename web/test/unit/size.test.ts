import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { OPTIONAL, sizeBeside, sizeOfPage } from '../../scripts/sizes.mjs';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));

/** Bytes with gzip of our own scripts; what wasm-bindgen wrote is printed beside. The goal is 15,000 on the processor. */
const MOST = { cpu: 15_000, gpu: 17_800 };

test.each(['cpu', 'gpu'] as const)('a page on the %s engine downloads no more scripts than it may', (engine) => {
  const { files, scripts, glue } = sizeOfPage(dist, engine);
  console.info(`scripts for the ${engine} engine: ${String(scripts)} B in ${String(files.length)} files, glue ${String(glue)} B, with gzip`);
  expect(files).toEqual(expect.arrayContaining(['index.js', 'gate-worker.js', 'engine-worker.js', 'engine.js', `engine-${engine}.js`]));
  expect(files, "nothing of the other engine's, and nothing optional").not.toContain(engine === 'cpu' ? 'engine-gpu.js' : 'engine-cpu.js');
  expect(scripts).toBeLessThanOrEqual(MOST[engine]);
});

test('what is optional is a file of its own', () => {
  for (const entry of ['guard.js', 'log.js', 'livekit.js', 'jitsi.js', 'conformance.js', ...OPTIONAL]) {
    const bytes = sizeBeside(dist, entry);
    console.info(`${entry}: ${String(bytes)} B more, with gzip`);
    expect(bytes).toBeGreaterThan(0);
  }
});
