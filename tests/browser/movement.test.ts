/** F6 and the way of a frame with models of movement, which show cells of few greys and run on the processor. */
import { describe, expect, test } from 'vitest';
import { siteFile } from './bench.js';
import type { Changes } from './bench.js';
import { codes, create, expectNothingRaw, openCamera, report, seenBy, waitForFrames, waitForState } from './rig.js';
import { useBench } from './use-bench.js';

/** An engine that shows what `paint` makes of `raw` and `shown`, the engine's own picture. */
const meddling = (paint: string): Changes => ({
  '/bauta/real-engine.js': siteFile('bauta/engine.js'),
  '/bauta/engine.js': `import { loadEngine as load } from './real-engine.js';
    const painted = (width, height, timestamp, paint) => {
      const canvas = new OffscreenCanvas(width, height);
      paint(canvas.getContext('2d'));
      return new VideoFrame(canvas, { timestamp, alpha: 'discard' });
    };
    export const loadEngine = async (kind, assets) => {
      const engine = await load(kind, assets);
      return { kind, adapter: engine.adapter, card: engine.card, close: () => engine.close(),
        anonymize: async (raw) => {
          const shown = await engine.anonymize(raw);
          const { displayWidth: width, displayHeight: height, timestamp } = raw;
          ${paint}
        } };
    };`,
});

/** A border of a black and a white cell is a pattern of 255 / 16 to who looks for one of single pixels; the camera's is of more. */
const BORDER = 16;

/** Paints the last of the model's 6 by 6 cells, of 4 greys, over. */
const lastCell = (colour: string): string => `return painted(width, height, timestamp, (context) => {
  context.drawImage(shown, 0, 0, width, height);
  shown.close();
  context.fillStyle = '${colour}';
  context.fillRect(Math.ceil(5 * width / 6), Math.ceil(5 * height / 6), width, height);
});`;

describe('a model of movement', () => {
  const bench = useBench({ gpu: true });

  test('shows what moves, in cells, from the processor', { timeout: 120_000 }, async () => {
    const page = await bench.page();
    await create(page, { model: 'bauta-m6', allowSoftwareGpu: true });
    await openCamera(page);
    await waitForFrames(page, 8);
    const { engine, card, error, ledgers } = await report(page);
    expect(engine).toMatchObject({ kind: 'cpu', passedOver: [{ kind: 'webgpu', why: expect.stringContaining('too small') as string }] });
    expect(card).toMatchObject({ name: 'bauta-m6', mode: 'learned', config: { architecture: 'motion' } });
    expect([error, ledgers]).toEqual([null, []]);
    expect(await page.evaluate(() => window.states)).toEqual(['arming', 'running']);
    expectNothingRaw(await seenBy(page), BORDER);
  });

  test.each([
    { what: 'the camera picture', paint: 'shown.close(); return raw.clone();', says: 'not of cells' },
    {
      what: 'a corner of the camera picture',
      paint: `return painted(width, height, timestamp, (context) => {
        context.drawImage(shown, 0, 0, width, height);
        shown.close();
        context.drawImage(raw, 0, 0, 40, 40, width - 40, height - 40, 40, 40);
      });`,
      says: 'not of cells',
    },
    { what: 'a last cell of another colour', paint: lastCell('rgb(146, 40, 40)'), says: 'not of few greys' },
    { what: 'a last cell of another grey', paint: lastCell('rgb(50, 50, 50)'), says: 'not of few greys' },
    {
      what: 'the camera picture, transparent until alpha is left out',
      paint: `shown.close();
        const bytes = new Uint8Array(4 * width * height);
        await raw.copyTo(bytes, { format: 'RGBA', layout: [{ offset: 0, stride: 4 * width }] });
        bytes.forEach((_, at) => { if (at % 4 === 3) bytes[at] = 0; });
        return new VideoFrame(bytes, { format: 'RGBA', codedWidth: width, codedHeight: height, timestamp });`,
      says: 'not of cells',
    },
  ])('whose engine gives $what never leaves (F6)', { timeout: 120_000 }, async ({ paint, says }) => {
    const page = await bench.page(meddling(paint));
    await create(page, { engine: 'cpu', model: 'bauta-m6' });
    await openCamera(page);
    await waitForState(page, 'blocked');
    expect((await seenBy(page)).filter(({ isSlate }) => !isSlate)).toEqual([]);
    expect(await codes(page)).toContain('canary-failed');
    expect((await report(page)).error?.message).toContain(says);
  });
});
