/** Where what was measured is published: `tests/results/`. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const results = fileURLToPath(new URL('../results/', import.meta.url));

/** Writes a file there, whole or not at all. */
export const publish = (name: string, text: string): void => {
  mkdirSync(results, { recursive: true });
  writeFileSync(`${results}.${name}`, text);
  renameSync(`${results}.${name}`, results + name);
};
