// Puts the demo pages together in www/dist/, a folder that any web server can serve: the pages, their scripts,
// the clip, and the package `bauta` as it was built into web/dist/.
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const here = new URL('./', import.meta.url);
const dist = new URL('dist/', here);
const web = new URL('../web/', here);

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });

const compiler = fileURLToPath(new URL('node_modules/typescript/bin/tsc', web));
execFileSync(process.execPath, [compiler, '--project', fileURLToPath(here)], { stdio: 'inherit' });

// Browsers find a package by its name only through an import map, which a strict policy would not let in.
for (const name of ['main.js', 'conformance.js']) {
  const script = new URL(name, dist);
  const compiled = await readFile(script, 'utf8');
  const addressed = compiled.replaceAll("from 'bauta'", "from './bauta/index.js'");
  await writeFile(script, addressed.replaceAll("from 'bauta/conformance'", "from './bauta/conformance.js'"));
}

for (const name of ['index.html', 'conformance.html', 'style.css', 'favicon.svg', 'clip']) {
  await cp(new URL(name, here), new URL(name, dist), { recursive: true });
}
await cp(new URL('dist/', web), new URL('bauta/', dist), { recursive: true });
