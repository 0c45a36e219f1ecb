/** The conformance suite on Bauta and on the two controls, and what is published of it. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { serve } from '../../scripts/lib/serve.mjs';
import { FAULTS } from '../../web/src/conformance.js';
import type { Row } from '../../web/src/conformance.js';
import { launch } from './chromium.js';
import { folder } from './bench.js';
import { VERSIONS, run } from './conformance/run.js';
import type { Found } from './conformance/run.js';
import { PASS_THROUGH } from './rig.js';

const NAMES = FAULTS.map(({ name }) => name);
const published = JSON.parse(readFileSync(new URL('../results/conformance.json', import.meta.url), 'utf8')) as Found;

let ours: readonly Row[];
let controls: readonly Row[];
let mutant: readonly Row[];

beforeAll(async () => {
  const half = (rest: number): Promise<Found> =>
    run({ filters: ['ours'], faults: NAMES.filter((_, index) => index % 2 === rest) });
  const control = run({ filters: ['passThrough', 'black'], faults: ['first frame', 'resize', 'mute', 'hangs'], settleMs: 500 });
  const passing = run({ filters: ['ours'], faults: ['nothing'] }, PASS_THROUGH);
  const found = await Promise.all([half(0), half(1), control, passing]); // at once: they wait most of the time
  ours = [...found[0].rows, ...found[1].rows];
  controls = found[2].rows;
  mutant = found[3].rows;
});

const ofFilter = (rows: readonly Row[], filter: string): Row[] => rows.filter((row) => row.filter === filter);

test.each(FAULTS)('no raw frame leaves Bauta: $name', ({ name, inside }) => {
  const row = ours.find(({ fault }) => fault === name);
  console.info(`${name}: ${JSON.stringify(row)}`);
  expect(row).toMatchObject({ ran: true, raw: 0 });
  expect(row?.slate, 'slates: the first frame at least').toBeGreaterThan(0);
  if (inside === 'throws') expect(row?.anonymized, 'frames anonymized by an engine that throws').toBe(0);
  else expect(row?.anonymized, 'frames anonymized').toBeGreaterThan(0);
});

test('a Bauta whose engine passes frames through is found out', () => {
  const [row] = mutant;
  console.info(JSON.stringify(row));
  expect(row?.raw, 'raw frames').toBeGreaterThan(0);
  expect(row?.anonymized, 'anonymized frames').toBe(0);
});

test('every frame of a filter that hides nothing is raw, but for those of a muted camera', () => {
  const rows = ofFilter(controls, 'pass-through').filter(({ ran }) => ran);
  expect(rows.map(({ fault }) => fault)).toEqual(['first frame', 'resize', 'mute']);
  for (const row of rows) {
    expect(row.raw, `raw frames at ${row.fault}`).toBeGreaterThan(0);
    expect(row.anonymized, `anonymized frames at ${row.fault}`).toBe(0);
    expect(row.slate > 0, `black frames at ${row.fault}`).toBe(row.fault === 'mute');
  }
});

test('every frame of a filter that shows nothing is a slate', () => {
  const rows = ofFilter(controls, 'black').filter(({ ran }) => ran);
  expect(rows).toHaveLength(3);
  for (const row of rows) expect(row, row.fault).toMatchObject({ raw: 0, anonymized: 0, slate: row.frames });
  expect(Math.min(...rows.map(({ frames }) => frames))).toBeGreaterThan(0);
});

test('a fault that an adapter cannot bring about counts as not run', () => {
  const rows = controls.filter(({ fault }) => fault === 'hangs');
  expect(rows.map(({ ran, frames }) => ({ ran, frames }))).toEqual([{ ran: false, frames: 0 }, { ran: false, frames: 0 }]);
});

test('the published rows are of the filters and versions that are pinned, each with every fault', () => {
  const versions = [...new Set(published.rows.map(({ filter, version }) => `${filter} ${version}`))];
  expect(versions).toEqual([
    `bauta ${VERSIONS.ours}`,
    'pass-through -',
    'black -',
    `@livekit/track-processors ${VERSIONS.liveKit}`,
    `@shiguredo/virtual-background ${VERSIONS.shiguredo}`,
  ]);
  for (const filter of new Set(published.rows.map((row) => row.filter))) {
    expect(ofFilter(published.rows, filter).map(({ fault }) => fault), filter).toEqual(NAMES);
  }
  for (const row of ofFilter(published.rows, 'bauta')) expect(row, row.fault).toMatchObject({ ran: true, raw: 0 });
});

test('the page runs the suite on Bauta in the visitor\'s browser', async () => {
  const site = await serve({ folder });
  const browser = await launch({ gpu: false });
  try {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
    await page.goto(new URL('conformance.html', site.address).href);
    expect(await page.locator('#rows tr').count()).toBe(FAULTS.length);
    await page.click('#run');
    await page.locator('#rows tr[data-verdict]').first().waitFor({ timeout: 30_000 });
    expect(await page.locator('#rows tr').first().getAttribute('data-verdict')).toBe('good');
    expect(complaints).toEqual([]);
  } finally {
    await browser.close();
    await site.close();
  }
});
