// A page of Chromium with everything the bench runs in it.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { built, peers, root } from './places.mjs';

/** Imports a TypeScript file of the browser tests. Compiled beside the packages of web/, it finds them. */
const importTypeScript = async (path) => {
  const { default: ts } = await import(pathToFileURL(built('web/node_modules/typescript/lib/typescript.js')).href);
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const { outputText } = ts.transpileModule(await readFile(join(root, path), 'utf8'), { compilerOptions: options });
  const folder = join(root, 'web/node_modules/.cache/bauta-bench');
  const file = join(folder, path.replace(/^.*\/(.*)\.ts$/, '$1.mjs'));
  await mkdir(folder, { recursive: true });
  await writeFile(file, outputText);
  return import(pathToFileURL(file).href);
};

/** Starts a server and gives `withPage`, which opens a browser for one piece of work and closes it. */
export const openSite = async () => {
  const { launch, serve } = await importTypeScript('tests/browser/chromium.ts');
  const site = await serve({
    '/dist/': built('web/dist'),
    '/models/': built('models'),
    '/ort/': join(peers, 'onnxruntime-web/dist'),
    '/bench/': built('target/bench'),
    '/scripts/': join(root, 'scripts/lib/bench'),
  });
  const withPage = async ({ gpu }, work) => {
    const browser = await launch({ gpu });
    try {
      const page = await browser.newPage();
      await page.goto(site.address);
      await page.addScriptTag({ type: 'module', url: '/scripts/page.mjs' });
      await page.waitForFunction(() => 'bench' in window);
      return await work((method, ...words) => call(page, method, words));
    } finally {
      await browser.close();
    }
  };
  return { withPage, close: () => site.close() };
};

/** Calls `window.bench[method]`. */
const call = (page, method, words) =>
  page.evaluate(([name, list]) => window.bench[name](...list), [method, words]);

/** What `promise` gives, or `undefined` after `seconds`. */
export const within = async (seconds, promise) => {
  let timer;
  const late = new Promise((resolve) => { timer = setTimeout(resolve, 1000 * seconds); });
  promise.catch(() => undefined); // a page that is closed later must not end the bench
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};
