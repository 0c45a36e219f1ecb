// Where things are.
import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '');

/** Cargo's output. */
export const target = ((folder) => (isAbsolute(folder) ? folder : join(root, folder)))(
  process.env.CARGO_TARGET_DIR ?? 'target',
);

export const peers = join(root, 'target/bench/peers/node_modules');

/** `path` below the repository, which must be there. */
export const built = (path) => {
  const file = join(root, path);
  if (!existsSync(file)) throw new Error(`${path} is not built; leave --no-build out`);
  return file;
};
