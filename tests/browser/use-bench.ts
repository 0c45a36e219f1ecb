/** A browser for the tests around it, and a page for each that asks for one; closed after them. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { openBench } from './bench.js';
import type { Bench, Equipment } from './bench.js';

/** Called where tests are described. Pages are asked for within a test. */
export const useBench = (equipment: Equipment): Pick<Bench, 'page' | 'demo'> => {
  let bench: Bench;
  const pages: Page[] = [];
  const kept = async (opening: Promise<Page>): Promise<Page> => {
    const page = await opening;
    pages.push(page);
    return page;
  };
  beforeAll(async () => {
    bench = await openBench(equipment);
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close();
  });
  afterAll(() => bench.close());
  return { page: (...asked) => kept(bench.page(...asked)), demo: (...asked) => kept(bench.demo(...asked)) };
};
