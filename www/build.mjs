// Puts the demo pages together in www/dist/, a folder that any web server can serve: the pages, their scripts,
// the clip, and the package `bauta` as it was built into web/dist/.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tradeOffs } from './trade-offs.mjs';

const here = new URL('./', import.meta.url);
const dist = new URL('dist/', here);
const web = new URL('../web/', here);

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });

const compiler = fileURLToPath(new URL('node_modules/typescript/bin/tsc', web));
execFileSync(process.execPath, [compiler, '--project', fileURLToPath(here)], { stdio: 'inherit' });

// Browsers find a package by its name only through an import map, which a strict policy would not let in.
for (const name of await readdir(dist, { recursive: true })) {
  if (!name.endsWith('.js')) continue;
  const script = new URL(name, dist);
  const up = './' + '../'.repeat(name.split(/[/\\]/).length - 1);
  const compiled = await readFile(script, 'utf8');
  const addressed = compiled.replaceAll("from 'bauta'", `from '${up}bauta/index.js'`);
  await writeFile(script, addressed.replaceAll(/from 'bauta\/(\w+)'/g, `from '${up}bauta/$1.js'`));
}

for (const name of ['index.html', 'conformance.html', 'verify.html', 'style.css', 'favicon.svg', 'marker.svg', 'clip']) {
  await cp(new URL(name, here), new URL(name, dist), { recursive: true });
}
await cp(new URL('dist/', web), new URL('bauta/', dist), { recursive: true });

await writeFile(new URL('trade-offs.json', dist), JSON.stringify(await tradeOffs()));

// What is served, file by file, as `sha256sum --check` reads it.
const files = (await readdir(dist, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
const paths = files.map(({ parentPath, name }) => relative(fileURLToPath(dist), join(parentPath, name)).split(sep).join('/')).sort();
const lines = await Promise.all(paths.map(async (path) => {
  const hash = createHash('sha256').update(await readFile(new URL(path, dist))).digest('hex');
  return `${hash}  ${path}\n`;
}));
await writeFile(new URL('SHA256SUMS', dist), lines.join(''));
