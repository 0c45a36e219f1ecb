/** F18 on models of noisy codes: releases are counted, and the budget ends them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BautaOptions, EngineKind } from '../../web/src/index.js';
import type { Changes } from './bench.js';
import { codes, create, expectNothingRaw, faultOfOpening, openCamera, report, seenBy, waitForFrames, waitForState } from './rig.js';
import { useBench } from './use-bench.js';

const ENGINES: { kind: EngineKind; options: BautaOptions }[] = [
  { kind: 'cpu', options: { engine: 'cpu' } },
  { kind: 'webgpu', options: { engine: 'webgpu', allowSoftwareGpu: true, deadlineMs: 30_000 } },
];

const folder = mkdtempSync(join(tmpdir(), 'bauta-counted-'));
/** Models of noisy codes that nobody trained: of three frames one is released, or all as one window, or the movement in it, at mu 1 or (`quiet`) without noise. */
let MODELS: Changes;

beforeAll(() => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  execFileSync('cargo', ['run', '--release', '--quiet', '--example', 'reference', '--', folder], { cwd: root, stdio: 'inherit' });
  const files = ['codes', 'windows', 'signs', 'quiet'].flatMap((name) => [`${name}.json`, `${name}.bpk`]);
  MODELS = Object.fromEntries(files.map((file) => [`/bauta/models/${file}`, readFileSync(join(folder, file))]));
}, 600_000);
afterAll(() => { rmSync(folder, { recursive: true }); });

describe.each(ENGINES)('on the $kind engine', ({ kind, options }) => {
  const bench = useBench({ gpu: kind === 'webgpu' });

  // A window is released when it is whole, so the fifth is refused two frames later than the fifth single frame.
  test.each([
    { model: 'codes', frames: 12 },
    { model: 'windows', frames: 14 },
    { model: 'signs', frames: 14 },
  ])('noisy $model are shown, and the budget ends them', { timeout: 240_000 }, async ({ model, frames }) => {
    const page = await bench.page(MODELS);
    await create(page, { ...options, model, mode: 'dp', budget: { mu: 2 } });
    await openCamera(page);
    await waitForFrames(page, 1);
    expect((await report(page)).card?.mode).toBe('dp');
    await waitForState(page, 'degraded');
    await expect.poll(async () => (await report(page)).stats.framesOut, { message: 'four releases at mu 1, each for three frames' }).toBe(frames);
    expect(await codes(page)).toEqual(['budget-spent']);
    await expect.poll(async () => (await report(page)).ledgers).toMatchObject([{ releases: 4, mu: 2, left: 0, budget: { mu: 2 } }]);
    expect((await report(page)).ledgers[0]?.epsilon, 'epsilon at delta 1e-5 of mu 2').toBeCloseTo(9.997, 2);
    expectNothingRaw(await seenBy(page));
  });

  test('codes without noise are shown and cost nothing, and are not taken for noisy ones', { timeout: 240_000 }, async () => {
    const page = await bench.page(MODELS);
    await create(page, { ...options, model: 'quiet', mode: 'learned' });
    await openCamera(page);
    await waitForFrames(page, 4);
    const { ledgers, card } = await report(page);
    expect([card?.mode, ledgers]).toEqual(['learned', []]);
    expectNothingRaw(await seenBy(page));
    await page.evaluate(() => window.made.close());
    const bound = await bench.page(MODELS);
    await create(bound, { ...options, model: 'signs', budget: { mu: 20 } });
    await openCamera(bound);
    await waitForFrames(bound, 1);
    const refused = await bound.evaluate(() => window.made.useModel('quiet').then(() => undefined, (fault: unknown) => (fault as { code: string }).code));
    expect(refused, 'a bound is not shaken off by what spends none').toBe('bad-model');
    expect((await report(bound)).card?.mode, 'what was shown stays').toBe('dp');
    await bound.evaluate(() => window.made.close());
    const boastful = await bench.page(MODELS);
    await create(boastful, { ...options, model: 'quiet', mode: 'dp' });
    expect(await faultOfOpening(boastful)).toMatchObject({ code: 'bad-model', message: expect.stringContaining('is of mode learned') as string });
  });
});
