/** F1, F3, F6, F17 and F18 where releases are counted, on mosaics, which need no model. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { BautaOptions, EngineKind } from '../../web/src/index.js';
import { siteFile } from './bench.js';
import type { Changes } from './bench.js';
import { beforeWorkers, codes, create, expectNothingRaw, faultOfOpening, openCamera, report, seenBy, waitForFrames, waitForState } from './rig.js';
import { useBench } from './use-bench.js';

const ENGINES: { kind: EngineKind; options: BautaOptions }[] = [
  { kind: 'cpu', options: { engine: 'cpu' } },
  { kind: 'webgpu', options: { engine: 'webgpu', allowSoftwareGpu: true, deadlineMs: 30_000 } },
];
const MOSAIC = { mode: 'mosaic', epsilon: 0.25 } as const;

const shown = async (page: Page): Promise<number> => (await seenBy(page)).filter(({ isSlate }) => !isSlate).length;

/** What has been asked of the site from the moment this is called. */
const requestsOf = (page: Page): string[] => {
  const asked: string[] = [];
  page.context().on('request', (request) => { asked.push(new URL(request.url()).pathname); });
  return asked;
};

describe.each(ENGINES)('on the $kind engine', ({ kind, options }) => {
  const bench = useBench({ gpu: kind === 'webgpu' });

  test('a mosaic is shown without any model, and each frame is counted', { timeout: 120_000 }, async () => {
    const page = await bench.page();
    const asked = requestsOf(page);
    await create(page, { ...options, model: MOSAIC, mode: 'mosaic' });
    await openCamera(page);
    await waitForFrames(page, 5);
    await expect.poll(async () => (await report(page)).ledgers[0]?.releases ?? 0, { timeout: 20_000 }).toBeGreaterThan(4);
    const { engine, card, ledgers } = await report(page);
    expect(engine).toMatchObject({ kind, passedOver: [] });
    expect(card).toMatchObject({ name: 'mosaic', mode: 'mosaic' });
    const [ledger] = ledgers;
    expect(ledger).toMatchObject({ unit: 'one frame', budget: 'none', left: null, delta: 1e-5 });
    expect(ledger?.relation).toContain('at most 16 pixel');
    expect(ledger?.epsilon).toBeLessThanOrEqual(0.25 * (ledger?.releases ?? 0));
    expect(asked.filter((path) => /models|wasm.(cpu|gpu)/.test(path)), 'files of models').toEqual([]);
    expect(await page.evaluate(() => window.states)).toEqual(['arming', 'running']);
    expectNothingRaw(await seenBy(page));
  });

  test('at the budget the slate takes the place of a mosaic, and it is said why (F18)', { timeout: 120_000 }, async () => {
    const page = await bench.page();
    await create(page, { ...options, model: MOSAIC, budget: { epsilon: 1 } });
    await openCamera(page);
    await waitForState(page, 'degraded');
    await page.waitForTimeout(1500);
    expect((await report(page)).stats.framesOut, 'frames for epsilon 1 at 0.25 each').toBe(4);
    expect(await codes(page)).toEqual(['budget-spent']);
    const { state, error, ledgers, stats } = await report(page);
    expect(state).toBe('degraded');
    expect(error?.message).toContain('4 release(s)');
    expect(ledgers).toMatchObject([{ releases: 4, epsilon: 1, left: 0, budget: { epsilon: 1 } }]);
    expect(stats.faults, 'frames after that are not even tried').toBe(1);
    expect((await seenBy(page)).at(-1)?.isSlate).toBe(true);
    const log = await page.evaluate(async () => {
      await window.made.close();
      return window.made.log();
    });
    expect(log.entries.filter(({ kind }) => kind === 'counts').at(-1)?.data).toMatchObject({ 'releases of one frame': 4, 'epsilon of one frame': 1 });
    expectNothingRaw(await seenBy(page));
  });

  test('a mosaic stands in until the model is there', { timeout: 240_000 }, async () => {
    let loaded: (() => void) | undefined;
    const page = await bench.page();
    await page.route('**/bauta-s.bpk', async (route) => {
      await new Promise<void>((resolve) => { loaded = resolve; });
      await route.continue();
    });
    await create(page, { ...options, mode: 'learned', meanwhile: MOSAIC }); // what stands in is not the model
    await openCamera(page);
    await waitForFrames(page, 3);
    expect((await report(page)).card?.mode).toBe('mosaic');
    loaded?.();
    await expect.poll(async () => (await report(page)).card?.mode, { timeout: 100_000 }).toBe('learned');
    const before = await shown(page);
    await waitForFrames(page, before + 2);
    expect((await report(page)).ledgers, 'what the mosaic showed is still counted').toHaveLength(1);
    expectNothingRaw(await seenBy(page));
  });
});

describe('what is counted', () => {
  const bench = useBench({ gpu: false });
  const options: BautaOptions = { engine: 'cpu', model: MOSAIC };

  test('is remembered across reloads, where that is asked for, by one page at a time (F18)', { timeout: 120_000 }, async () => {
    const page = await bench.page();
    const remembering = { ...options, budget: { epsilon: 2, remember: 'room' } };
    await create(page, remembering);
    await openCamera(page);
    await waitForFrames(page, 3);
    const beside = await page.context().newPage();
    await beside.goto(page.url());
    await beside.waitForFunction(() => document.title === 'ready');
    await create(beside, remembering);
    expect(await faultOfOpening(beside)).toMatchObject({ code: 'bad-ledger', message: expect.stringContaining("'room' is in use") as string });
    await page.reload();
    await page.waitForFunction(() => document.title === 'ready');
    await create(page, remembering);
    await openCamera(page);
    await waitForState(page, 'degraded');
    await page.waitForTimeout(600);
    await expect.poll(async () => (await report(page)).ledgers).toMatchObject([{ releases: 8, epsilon: 2 }]);
    expect((await report(page)).stats.framesOut, 'after the reload').toBeLessThanOrEqual(5);
    await page.evaluate(() => window.made.close());
    await create(page, { ...options, budget: { epsilon: 2.5, remember: 'room' } });
    await openCamera(page);
    await waitForState(page, 'degraded');
    await expect.poll(async () => (await report(page)).ledgers).toMatchObject([{ releases: 10, epsilon: 2.5 }]);
  });

  test('does not leave where that cannot be remembered (F18)', { timeout: 60_000 }, async () => {
    const page = await bench.page({
      '/full.js': "IDBObjectStore.prototype.put = () => { throw new DOMException('the disk is full', 'QuotaExceededError'); };",
      ...beforeWorkers('/full.js', ['gate-worker']),
    });
    await create(page, { ...options, budget: { remember: 'room' } });
    await openCamera(page);
    await waitForState(page, 'blocked');
    expect(await shown(page)).toBe(0);
    expect((await report(page)).error?.message).toContain('the disk is full');
  });

  test('goes on when the mosaic is changed, or comes back after a model (F18)', { timeout: 120_000 }, async () => {
    const page = await bench.page();
    await create(page, options);
    await openCamera(page);
    await waitForFrames(page, 3);
    const { modes, counts } = await page.evaluate(async () => {
      const modes: string[] = [];
      const counts: number[] = [];
      window.made.on('stats', () => counts.push(window.made.report().ledgers[0]?.releases ?? 0));
      for (const model of [{ mode: 'mosaic', cell: 32, epsilon: 0.125 } as const, 'bauta-s', { mode: 'mosaic' } as const]) {
        modes.push((await window.made.useModel(model)).card.mode);
        await new Promise((resolve) => setTimeout(resolve, 1100));
      }
      return { modes, counts };
    });
    expect(modes).toEqual(['mosaic', 'learned', 'mosaic']);
    expect((await report(page)).ledgers).toHaveLength(1);
    expect(counts.length).toBeGreaterThan(4);
    expect(counts, 'a ledger that begins anew').toEqual([...counts].sort((a, b) => a - b));
    expect(await page.evaluate(() => window.states)).toEqual(['arming', 'running']);
    expectNothingRaw(await seenBy(page));
  });

  test('a mosaic stands in while a broken engine is replaced, until none is left', { timeout: 120_000 }, async () => {
    const page = await bench.page({
      '/bauta/real-engine.js': siteFile('bauta/engine.js'),
      '/bauta/engine.js': `import { loadEngine as load } from './real-engine.js';
        let frames = 0;
        export const loadEngine = async (kind, assets) => {
          const engine = await load(kind, assets);
          if (engine.card.mode === 'mosaic') return engine;
          return { kind, adapter: engine.adapter, card: engine.card, close: () => engine.close(),
            anonymize: (raw) => frames++ < 2 ? engine.anonymize(raw) : Promise.reject(new Error('broken on purpose')) };
        };`,
    });
    await create(page, { engine: 'cpu', meanwhile: MOSAIC });
    await openCamera(page);
    await expect.poll(async () => (await report(page)).card?.mode, { timeout: 30_000 }).toBe('learned');
    const releases = async (): Promise<number> => (await report(page)).ledgers[0]?.releases ?? 0;
    const before = await releases();
    await waitForState(page, 'blocked');
    expect(await releases(), 'frames of the mosaic between engines').toBeGreaterThan(before + 3);
    const log = await page.evaluate(() => window.made.log());
    const modes = log.entries.filter(({ kind }) => kind === 'engine').map(({ data }) => data.mode);
    expect(modes.slice(0, 4), 'which made the pictures, in turn').toEqual(['mosaic', 'learned', 'mosaic', 'learned']);
    expectNothingRaw(await seenBy(page));
  });

  test.each([
    { what: 'a mosaic of no cells', asked: { model: { mode: 'mosaic', cell: 0 } }, code: 'bad-model', says: 'cell 0' },
    { what: 'a budget below nothing', asked: { ...options, budget: { epsilon: -1 } }, code: 'bad-ledger', says: 'epsilon -1' },
    { what: 'two budgets', asked: { ...options, budget: { mu: 1, epsilon: 1 } }, code: 'bad-ledger', says: 'not of both' },
    { what: 'a budget of what promises nothing', asked: { budget: { mu: 1 } }, code: 'bad-model', says: 'spends no budget' },
    { what: 'a model of another mode', asked: { mode: 'dp' }, code: 'bad-model', says: 'is of mode learned, not dp' },
  ] satisfies { what: string; asked: BautaOptions; code: string; says: string }[])('refuses $what', async ({ asked, code, says }) => {
    const page = await bench.page();
    await create(page, { engine: 'cpu', ...asked });
    expect(await faultOfOpening(page)).toMatchObject({ code, message: expect.stringContaining(says) as string });
  });

  test('a mosaic that is none, or whose noise is not fresh, never leaves (F6)', { timeout: 120_000 }, async () => {
    const meddling = (paint: string): Changes => ({
      '/bauta/real-engine.js': siteFile('bauta/engine.js'),
      '/bauta/engine.js': `import { loadEngine as load } from './real-engine.js';
        let kept;
        export const loadEngine = async (kind, assets) => {
          const engine = await load(kind, assets);
          return { kind, adapter: engine.adapter, card: engine.card, close: () => engine.close(), ledger: () => engine.ledger(),
            anonymize: async (raw) => { ${paint} } };
        };`,
    });
    const raw = await bench.page(meddling('return raw.clone();'));
    await create(raw, options);
    await openCamera(raw);
    await waitForState(raw, 'blocked');
    expect(await shown(raw)).toBe(0);
    const stale = await bench.page(meddling('kept ??= await engine.anonymize(raw); return new VideoFrame(kept, { timestamp: raw.timestamp });'));
    await create(stale, options);
    await openCamera(stale);
    await waitForState(stale, 'blocked');
    expect(await codes(stale)).toContain('canary-failed');
    expectNothingRaw(await seenBy(stale));
  });
});
