/** A real Firefox without a window, driven by WebDriver BiDi, and a page in it; `undefined` where there is none. */
import { existsSync } from 'node:fs';
import { launch } from 'puppeteer-core';
import type { Page } from 'puppeteer-core';
import { serve } from '../../scripts/lib/serve.mjs';
import { EMPTY_PAGE, compiled, folder } from './bench.js';
import type { Changes } from './bench.js';

const PLACES = ['/usr/bin/firefox-esr', '/usr/bin/firefox', '/Applications/Firefox.app/Contents/MacOS/firefox'];

const executable = process.env.FIREFOX ?? PLACES.find((path) => existsSync(path));

export const hasFirefox = executable !== undefined;

export interface Firefox {
  /** Its name and version. */
  readonly version: string;
  /** An empty page with `window.library`, `window.watch` and `window.filmed`, on a site with `changes`. */
  page(changes?: Changes): Promise<Page>;
  closePages(): Promise<void>;
  close(): Promise<void>;
}

const SETUP = `
  import * as library from '/bauta/index.js';
  import * as watch from '/watch.js';
  import { eachPicture, filmed } from '/shims/firefox-watch.js';
  Object.assign(window, { library, watch, filmed, eachPicture });
  document.title = 'ready';
`;

export const launchFirefox = async (): Promise<Firefox> => {
  if (executable === undefined) throw new Error('no Firefox; install it, or set FIREFOX');
  const browser = await launch({ browser: 'firefox', executablePath: executable, headless: true });
  const closings: (() => Promise<void>)[] = [];
  return {
    version: await browser.version(),
    async page(changes = {}) {
      const extra: Changes = {
        '/empty.html': EMPTY_PAGE,
        '/setup.js': SETUP,
        '/watch.js': compiled('watch'),
        '/shims/firefox-watch.js': compiled('shims/firefox-watch'),
        ...changes,
      };
      const site = await serve({ folder, instead: (asked) => extra[asked] });
      const page = await browser.newPage();
      closings.push(async () => {
        await page.close();
        await site.close();
      });
      await page.goto(new URL('empty.html', site.address).href);
      while ((await page.title()) !== 'ready') await new Promise((go) => setTimeout(go, 20)); // waiting in the page would need `eval`
      return page;
    },
    async closePages() {
      for (const closing of closings.splice(0)) await closing();
    },
    close: () => browser.close(),
  };
};
