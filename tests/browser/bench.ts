/** The demo site in a browser, with files changed as a test wants them, and the watching script beside it. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import ts from 'typescript';
import type * as Guard from '../../web/src/guard.js';
import type * as Library from '../../web/src/index.js';
import type { verifyLog } from '../../web/src/log.js';
import { serve } from '../../scripts/lib/serve.mjs';
import { makeCamera } from './camera.js';
import type { Draw } from './camera.js';
import { launch } from './chromium.js';
import type * as Watch from './watch.js';

/** What runs in the page finds these there. */
declare global {
  interface Window {
    library: typeof Library;
    guard: typeof Guard;
    verifyLog: typeof verifyLog;
    watch: typeof Watch;
    made: Library.Bauta;
    errors: Library.BautaError[];
    states: Library.State[];
    /** Ends what `getUserMedia` gave, as when a camera is unplugged. */
    endCamera: () => void;
  }
}

/** The demo as it is built. */
export const folder = fileURLToPath(new URL('../../www/dist/', import.meta.url));

/** A script of the tests' folder as the page gets it; what it takes from the package's source is in the site already. */
export const compiled = (name: string): string => {
  const source = readFileSync(new URL(`${name}.ts`, import.meta.url), 'utf8');
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };
  return ts.transpileModule(source, { compilerOptions: options }).outputText.replaceAll(/'(\.\.\/)+web\/src\//g, "'/bauta/");
};

/** A page with nothing in it but what `/setup.js` does. */
export const EMPTY_PAGE = '<!doctype html><meta charset="utf-8"><link rel="icon" href="/favicon.svg"><script type="module" src="/setup.js"></script>';

/** Files of the site to serve otherwise, by path: bytes in place of them, or `null` for missing ones. */
export type Changes = Readonly<Record<string, string | Uint8Array | null>>;

/** A file of the built site. */
export const siteFile = (path: string): Buffer => readFileSync(join(folder, path));

/** A script of the package that nothing loads could be changed without any effect, and a test would show nothing. */
const mustBeLoaded = (path: string): void => {
  const isOurs = /^\/bauta\/[\w-]+\.js$/.test(path) && !path.startsWith('/bauta/real-');
  if (isOurs && !existsSync(join(folder, path))) throw new Error(`${path} is no file of its own; name it in APART of web/scripts/bundle.mjs`);
};

/** What the browser has, and whether it may use its camera. */
export interface Equipment {
  readonly gpu: boolean;
  readonly refusesCamera?: boolean;
  /** What is drawn into the camera's frames in place of the marks. */
  readonly draw?: Draw;
}

export interface Bench {
  /**
   * An empty page with `window.library`, `window.guard`, `window.verifyLog` and `window.watch`, on a site with `changes`, under `policy` or
   * the demo's own content security policy.
   */
  page(changes?: Changes, policy?: string): Promise<Page>;
  /** The demo page itself, or another page of the demo, on a site with `changes`. */
  demo(changes?: Changes, path?: string): Promise<Page>;
  close(): Promise<void>;
}

/** Starts a browser whose camera shows people with marks. */
export const openBench = async ({ gpu, refusesCamera = false, draw }: Equipment): Promise<Bench> => {
  const temporary = mkdtempSync(join(tmpdir(), 'bauta-camera-'));
  const camera = join(temporary, 'camera.y4m');
  makeCamera(camera, draw);
  const browser: Browser = await launch({ gpu, camera, refusesCamera });
  const closings: (() => Promise<void>)[] = [];

  const open = async (path: string, changes: Changes, policy?: string): Promise<Page> => {
    for (const changed of Object.keys(changes)) mustBeLoaded(changed);
    const scripts = { '/watch.js': compiled('watch'), '/setup.js': SETUP };
    const extra: Changes = { ...scripts, '/empty.html': EMPTY_PAGE, ...changes };
    const site = await serve({ folder, instead: (asked) => extra[asked], ...(policy === undefined ? {} : { policy }) });
    const context: BrowserContext = await browser.newContext({ viewport: { width: 1100, height: 1300 } });
    closings.push(async () => {
      await context.close();
      await site.close();
    });
    const page = await context.newPage();
    await page.goto(new URL(path, site.address).href);
    return page;
  };

  return {
    async page(changes = {}, policy) {
      const page = await open('empty.html', changes, policy);
      await page.waitForFunction(() => document.title === 'ready');
      return page;
    },
    demo: (changes = {}, path = '') => open(path, changes),
    async close() {
      for (const closing of closings) await closing();
      await browser.close();
      rmSync(temporary, { recursive: true });
    },
  };
};

const SETUP = `
  import * as library from '/bauta/index.js';
  import * as guard from '/bauta/guard.js';
  import { verifyLog } from '/bauta/log.js';
  import * as watch from '/watch.js';
  Object.assign(window, { library, guard, verifyLog, watch });
  watch.watchOutputs();
  document.title = 'ready';
`;
