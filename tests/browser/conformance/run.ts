/** The suite in a browser, on the filters of `filters.ts`. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import type * as Suite from '../../../web/src/conformance.js';
import { EMPTY_PAGE, compiled, folder, siteFile } from '../bench.js';
import type { Changes } from '../bench.js';
import { launch } from '../chromium.js';
import { serve } from '../../../scripts/lib/serve.mjs';
import type * as Filters from './filters.js';

declare global {
  interface Window {
    suite: typeof Suite;
    filters: typeof Filters;
  }
}

const ofPackage = (path: string): string => readFileSync(new URL(`../../../web/${path}`, import.meta.url), 'utf8');

interface Manifest {
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
}
const manifest = JSON.parse(ofPackage('package.json')) as Manifest;

/** The filters by the name they have here, and the version of each. */
export const VERSIONS = {
  ours: manifest.version,
  passThrough: '-',
  black: '-',
  liveKit: manifest.devDependencies['@livekit/track-processors'] ?? '',
  shiguredo: manifest.devDependencies['@shiguredo/virtual-background'] ?? '',
} as const;
export type FilterName = keyof typeof VERSIONS;

/** Bauta's engine, and what ails it: its address says that. */
const AILING_ENGINE = `import { loadEngine as load } from './real-engine.js';
  export const loadEngine = async (kind, assets) => {
    const [, ailment] = /\\/ailment\\/([a-z-]+)\\//.exec(assets.base);
    if (ailment === 'slow-start') await new Promise((go) => setTimeout(go, 1500));
    const engine = await load(kind, assets);
    let frames = 0;
    const anonymize = async (raw) => {
      const isThird = frames++ === 2;
      if (ailment === 'throws') throw new Error('made to fail');
      if (ailment === 'hangs' && frames > 2) await new Promise(() => {});
      if (ailment === 'throws-once' && isThird && (await fetch(assets.base + 'once')).ok) throw new Error('made to fail once');
      return engine.anonymize(raw);
    };
    return { kind, adapter: engine.adapter, card: engine.card, anonymize, close: () => { engine.close(); } };
  };`;

const BACKGROUND = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480">
  <rect width="640" height="480" fill="#20a040"/><rect width="320" height="480" fill="#4060c0"/></svg>`;

const SETUP = `import * as suite from '/bauta/conformance.js';
  import * as filters from '/filters.js';
  Object.assign(window, { suite, filters });
  document.title = 'ready';`;

/** What the site has besides the demo: the other filters as they are published, with the names they import as addresses. */
const files = (): Changes => ({
  '/conformance/': EMPTY_PAGE,
  '/setup.js': SETUP,
  '/filters.js': compiled('conformance/filters'),
  '/segmenter.js': compiled('conformance/segmenter'),
  '/background.svg': BACKGROUND,
  '/bauta/real-engine.js': siteFile('bauta/engine.js'),
  '/bauta/engine.js': AILING_ENGINE,
  '/livekit.js': ofPackage('node_modules/@livekit/track-processors/dist/index.mjs')
    .replace('from "livekit-client"', 'from "/livekit-client.js"')
    .replace('from "@mediapipe/tasks-vision"', 'from "/segmenter.js"'),
  '/livekit-client.js': ofPackage('node_modules/livekit-client/dist/livekit-client.esm.mjs'),
  '/shiguredo.js': ofPackage('node_modules/@shiguredo/virtual-background/dist/virtual_background.mjs'),
});

/** What the suite found, and in which browser. */
export interface Found {
  readonly browser: string;
  readonly rows: readonly Suite.Row[];
}

/** What is run: the filters, and which faults (all where none are named). */
export interface Wanted {
  readonly filters: readonly FilterName[];
  readonly faults?: readonly string[];
  readonly settleMs?: number;
}

/** Runs filters through the suite, each in a page of its own, one after the other. */
export const run = async ({ filters, faults, settleMs = 10_000 }: Wanted, changes: Changes = {}): Promise<Found> => {
  const extra: Changes = { ...files(), ...changes };
  const once = new Set<string>();
  const instead = (path: string): string | Uint8Array | null | undefined => {
    const [, base, rest] = /^(\/ailment\/[^/]+\/[^/]+\/[^/]+\/)(.*)$/.exec(path) ?? [];
    if (base === undefined || rest === undefined) return extra[path];
    if (rest !== 'once') return siteFile(`bauta/${rest}`);
    const isFirst = !once.has(base);
    once.add(base);
    return isFirst ? '' : null;
  };
  const site = await serve({ folder, instead });
  const browser = await launch({ gpu: true });
  const rows: Suite.Row[] = [];
  try {
    for (const name of filters) {
      const page = await browser.newPage();
      await page.goto(new URL('conformance/', site.address).href);
      await page.waitForFunction(() => document.title === 'ready');
      rows.push(...(await runIn(page, name, { version: VERSIONS[name], faults: faults ?? null, settleMs })));
      await page.close();
    }
    return { browser: `Chromium ${browser.version()}`, rows };
  } finally {
    await browser.close();
    await site.close();
  }
};

interface Settings {
  readonly version: string;
  readonly faults: readonly string[] | null;
  readonly settleMs: number;
}

const runIn = (page: Page, name: FilterName, settings: Settings): Promise<Suite.Row[]> =>
  page.evaluate(
    async ({ name, version, faults, settleMs }) => {
      const filter = await window.filters[name](version);
      const chosen = window.suite.FAULTS.filter((fault) => faults?.includes(fault.name) ?? true);
      return window.suite.runConformance(filter, { faults: chosen, settleMs });
    },
    { name, ...settings },
  );
