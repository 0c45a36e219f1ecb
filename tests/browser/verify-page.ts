/** How tests use the page on which a visitor checks the claims. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Bench, Changes } from './bench.js';

/** What the browser complains about. */
export const complaints: string[] = [];

/** The page, served with `changes`. */
export const open = async (bench: Pick<Bench, 'demo'>, changes: Changes = {}): Promise<Page> => {
  complaints.length = 0;
  const page = await bench.demo(changes, 'verify.html');
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
  return page;
};

export const start = async (page: Page, source: 'drawn' | 'camera' = 'drawn'): Promise<void> => {
  await page.selectOption('#source', source);
  await page.click('#start');
  await page.locator('#state[data-state=running]').waitFor({ timeout: 60_000 });
};

export const text = async (page: Page, id: string): Promise<string> => (await page.locator(`#${id}`).textContent()) ?? '';
export const number = async (page: Page, id: string): Promise<number> => Number((await text(page, id)).replaceAll(',', ''));

export const waitForVerdict = async (page: Page, step: string, verdict: string): Promise<string> => {
  try {
    await page.locator(`#${step}[data-verdict=${verdict}]`).waitFor({ timeout: 30_000 });
  } catch {
    throw new Error(`step ${step} does not come to '${verdict}': ${await text(page, step)}; ${await text(page, 'error')}`);
  }
  return text(page, step);
};

export const shoot = async (page: Page, name: string): Promise<void> => {
  const screenshot = join(tmpdir(), `bauta-verify-${name}.png`);
  await page.screenshot({ path: screenshot, fullPage: true });
  console.info(`screenshot: ${screenshot}`);
};
