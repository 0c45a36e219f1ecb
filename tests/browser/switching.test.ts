/** F3: another model while frames go on. No slate in between, no frame lost, and no way back to the camera's picture. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { BautaOptions, EngineKind } from '../../web/src/index.js';
import { siteFile } from './bench.js';
import type { Changes } from './bench.js';
import { codes, create, expectNothingRaw, openCamera, report, seenBy, waitForFrames } from './rig.js';
import { useBench } from './use-bench.js';

const ENGINES: { kind: EngineKind; options: BautaOptions; turns: number }[] = [
  { kind: 'cpu', options: { engine: 'cpu' }, turns: 50 },
  { kind: 'webgpu', options: { engine: 'webgpu', allowSoftwareGpu: true, deadlineMs: 30_000 }, turns: 4 },
];

/** The model a second time, under another name; and one whose weights are not its card's. */
const card = JSON.parse(siteFile('bauta/models/bauta-s.json').toString()) as object;
const weights = siteFile('bauta/models/bauta-s.bpk');
const spoilt = Buffer.from(weights);
spoilt[spoilt.length - 1] = (spoilt.at(-1) ?? 0) ^ 1;
const MODELS: Changes = {
  '/bauta/models/other.json': JSON.stringify({ ...card, name: 'other' }),
  '/bauta/models/other.bpk': weights,
  '/bauta/models/spoilt.json': JSON.stringify(card),
  '/bauta/models/spoilt.bpk': spoilt,
};

describe.each(ENGINES)('engine $kind', ({ kind, options, turns }) => {
  const bench = useBench({ gpu: kind === 'webgpu' });

  const begin = async (): Promise<Page> => {
    const page = await bench.page(MODELS);
    await create(page, options);
    await openCamera(page);
    await waitForFrames(page, 2);
    return page;
  };
  const slatesAfterTheFirstFrame = async (page: Page): Promise<number> => {
    const seen = await seenBy(page);
    return seen.slice(seen.findIndex(({ isSlate }) => !isSlate)).filter(({ isSlate }) => isSlate).length;
  };

  test('changes the model again and again without a slate or a raw frame (F3)', { timeout: 240_000 }, async () => {
    const page = await begin();
    const names = await page.evaluate(async (turns) => {
      const names: string[] = [];
      for (let turn = 0; turn < turns; turn++) {
        const { card } = await window.made.useModel(turn % 2 === 0 ? 'other' : 'bauta-s');
        const shown = window.made.report().card;
        names.push(card.name === shown?.name ? card.name : `${card.name}, but the report says ${String(shown?.name)}`);
      }
      return names;
    }, turns);
    expect(names).toEqual(Array.from({ length: turns }, (_, turn) => (turn % 2 === 0 ? 'other' : 'bauta-s')));
    await waitForFrames(page, (await seenBy(page)).length + 2);
    expect(await page.evaluate(() => window.states)).toEqual(['arming', 'running']);
    expect(await slatesAfterTheFirstFrame(page)).toBe(0);
    expect((await report(page)).stats).toMatchObject({ faults: 0 });
    expectNothingRaw(await seenBy(page));
    expect(page.workers().length, 'workers: the gate and one engine').toBe(2);
  });

  test('keeps the model in use where the next is missing or spoilt (F3)', async () => {
    const page = await begin();
    const refused = await page.evaluate(async () => {
      const codeOf = (model: string): Promise<string> => window.made.useModel(model).then(() => 'none', (fault: unknown) => (fault as { code: string }).code);
      return [await codeOf('nowhere'), await codeOf('spoilt')];
    });
    expect(refused).toEqual(['model-missing', 'bad-model']);
    await waitForFrames(page, (await seenBy(page)).length + 2);
    expect(await page.evaluate(() => window.states)).toEqual(['arming', 'running']);
    expect(await codes(page)).toEqual([]);
    expect((await report(page)).card?.name).toBe('bauta-s');
    expect(await slatesAfterTheFirstFrame(page)).toBe(0);
    expectNothingRaw(await seenBy(page));
  });

  test('takes requests in their order, and ends one that is under way when it is closed (F3)', async () => {
    const page = await begin();
    const ends = await page.evaluate(async () => {
      const order: string[] = [];
      const ask = (model: string): Promise<void> =>
        window.made.useModel(model).then(({ card }) => void order.push(card.name), (fault: unknown) => void order.push((fault as { code: string }).code));
      await Promise.all([ask('other'), ask('bauta-s')]);
      const late = ask('other');
      await window.made.close();
      await late;
      return order;
    });
    expect(ends).toEqual(['other', 'bauta-s', 'closed']);
    await page.waitForFunction(() => window.watch.outputs.every(({ readyState }) => readyState === 'ended'));
    expectNothingRaw(await seenBy(page));
  });
});
