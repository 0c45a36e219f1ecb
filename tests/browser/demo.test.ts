/** The demo page, as a visitor finds it. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBench } from './bench.js';
import type { Bench } from './bench.js';

let bench: Bench;
let page: Page;
/** What the browser complains about, and every address that it asks for. */
const complaints: string[] = [];
const asked: string[] = [];

beforeAll(async () => {
  bench = await openBench({ gpu: false });
  page = await bench.demo();
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('request', (request) => asked.push(request.url()));
  await page.reload();
});
afterAll(() => bench.close());

const text = (id: string): Promise<string> => page.locator(`#${id}`).innerText();

const waitForState = (state: string): Promise<void> => page.locator(`#state[data-state=${state}]`).waitFor({ timeout: 60_000 });

const waitForFrames = (): Promise<unknown> =>
  page.waitForFunction(() => Number(document.getElementById('fps')?.textContent) > 0, undefined, { timeout: 60_000 });

const isRawShown = (): Promise<boolean> =>
  page.evaluate(() => {
    const video = document.getElementById('raw-picture') as HTMLVideoElement;
    return video.srcObject !== null || video.hasAttribute('src');
  });

test('says before anything is started which engine would run and why', async () => {
  await expect.poll(() => text('engine-why')).toContain('Would run on the processor: this browser has WebGPU, but no GPU');
});

for (const source of ['camera', 'clip']) {
  test(`anonymizes the ${source}, and says with what, how fast and by which model; the raw picture is not shown (F14)`, async () => {
    await page.click(`#${source}`);
    await waitForState('running');
    await waitForFrames();
    expect(await text('engine-name')).toBe('Processor (WebAssembly)');
    expect(Number(await text('p50'))).toBeGreaterThan(0);
    expect(await text('card-name')).toBe('bauta-s');
    expect((await text('card-privacy')).length).toBeGreaterThan(3);
    expect(await isRawShown(), 'the raw picture is shown unasked').toBe(false);
    const screenshot = join(tmpdir(), `bauta-demo-${source}.png`);
    await page.screenshot({ path: screenshot });
    console.info(`screenshot: ${screenshot}`);
    await page.click('#stop');
    await waitForState('closed');
  });
}

test('offers modes and a dial with what was measured, changes them while it runs, and tells what was spent', async () => {
  const learned = await text('trade-off');
  expect(learned).toMatch(/action is still named: \d+ % \[.*person: \d+ % \[/);
  await page.click('#clip');
  await waitForState('running');
  await page.check('input[value=mosaic]');
  await expect.poll(() => text('card-name'), { timeout: 30_000 }).toBe('mosaic');
  const weakest = await text('trade-off');
  expect(weakest).not.toBe(learned);
  await page.check('input[value=dp]');
  await expect.poll(() => text('card-name'), { timeout: 30_000 }).toMatch(/^bauta-dp/);
  const codes = await text('dial-name');
  expect(codes).toMatch(/^bauta-dp\d, mu \d a release$/);
  await expect.poll(() => text('ledgers'), { timeout: 30_000 }).toMatch(/[1-9]\d* × one released window of 12 frames.* epsilon \d/);
  await page.focus('#dial');
  await page.keyboard.press('End');
  await expect.poll(() => text('dial-name')).not.toBe(codes);
  await expect.poll(() => text('card-name'), { timeout: 30_000 }).toBe((await text('dial-name')).split(',')[0]);
  await page.check('input[value=mosaic]');
  await expect.poll(() => text('card-name'), { timeout: 30_000 }).toBe('mosaic');
  await page.focus('#dial');
  await page.keyboard.press('End');
  await expect.poll(() => text('card-privacy')).toContain('keeps epsilon 0.5 for');
  expect(await text('trade-off')).not.toBe(weakest);
  await expect.poll(() => text('spent')).toMatch(/^epsilon \d+/);
  expect(await text('ledgers')).toContain('one frame');
  await page.click('#stop');
  await waitForState('closed');
});

test('shows the slate at the budget, and says why', async () => {
  await page.click('.more summary');
  await page.fill('#budget', '2');
  await page.click('#clip');
  await waitForState('degraded');
  await expect.poll(() => text('ledgers')).toContain('0 left');
  expect(await text('error')).toContain('budget is spent');
  await page.click('#stop');
  await waitForState('closed');
  await page.fill('#budget', '');
  await page.check('input[value=learned]');
});

test('shows the raw picture when it is asked to, and forgets it afterwards (F14)', async () => {
  await page.click('#clip');
  await waitForState('running');
  await page.click('#raw summary');
  await expect.poll(isRawShown).toBe(true);
  await page.click('#stop');
  await waitForState('closed');
  expect(await isRawShown()).toBe(false);
});

test('says in a sentence what is wrong when the GPU is asked for and there is none', async () => {
  await page.selectOption('#engine', 'webgpu');
  await page.click('#camera');
  await expect.poll(() => text('error')).toContain('no GPU');
  await page.selectOption('#engine', 'auto');
});

test('asks nobody but its own server for anything, under a policy that it does not breach', () => {
  const { origin } = new URL(page.url());
  expect(asked.filter((address) => new URL(address).origin !== origin)).toEqual([]);
  expect(complaints).toEqual([]);
});
