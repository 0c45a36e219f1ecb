/** The page on which a visitor checks the claims, and a marker held before the camera. */
import { describe, expect, test } from 'vitest';
import { BARS } from '../../www/verify/held-marker.js';
import type { Draw } from './camera.js';
import { PASS_THROUGH } from './rig.js';
import { useBench } from './use-bench.js';
import { number, open, shoot, start, text, waitForVerdict } from './verify-page.js';

/** A picture of the marker as a lens would give it: soft, leaning, with bars `barWidth` pixels wide. */
const holding = (barWidth: number): Draw => (frame, width) => {
  const [left, top, height, lean] = [170, 120, 16 * barWidth, 0.06];
  const shade = (x: number, y: number): number | undefined => {
    const [along, down] = [x - left + lean * (y - top), y - top - lean * (x - left)];
    const [bar, row] = [Math.floor(along / barWidth), down < height ? 1 : -1];
    if (down < -3 || down > 2 * height + 3 || along < -3 * barWidth || along > (BARS.length + 3) * barWidth) return undefined;
    return BARS[bar] === undefined || down < 0 || down > 2 * height ? 190 : BARS[bar] * row > 0 ? 190 : 60;
  };
  for (let y = 80; y < 400; y++) {
    for (let x = 120; x < 620; x++) {
      let [sum, count] = [0, 0];
      for (let dy = -0.75; dy <= 0.75; dy += 0.5) {
        for (let dx = -0.75; dx <= 0.75; dx += 0.5) {
          const value = shade(x + dx, y + dy);
          if (value === undefined) continue;
          sum += value;
          count++;
        }
      }
      const at = y * width + x;
      const grain = ((x * 7919 + y * 104_729) % 13) - 6;
      if (count > 8) frame[at] = sum / count + grain;
    }
  }
};

describe('a marker held before the camera', () => {
  const far = useBench({ gpu: false, draw: holding(3) });

  test('is read in its picture and not in the output', async () => {
    const page = await open(far);
    await start(page, 'camera');
    await waitForVerdict(page, 'marker', 'good');
    await expect.poll(() => text(page, 'held')).toBe('The marker is read in the camera’s picture, and not in the output.');
    const counted = /^([\d,]+) of ([\d,]+)$/;
    const [, found, looked] = counted.exec(await text(page, 'raw-held')) ?? [];
    expect(Number(found), 'of the frames it was looked for in').toBeGreaterThan(0.9 * Number(looked));
    await expect.poll(async () => Number(counted.exec(await text(page, 'output-held'))?.[2]), { timeout: 20_000 }).toBeGreaterThan(5);
    expect(await text(page, 'output-held')).toMatch(/^0 of /);
    await page.locator('summary', { hasText: 'a marker to hold' }).click();
    await page.locator('summary', { hasText: 'Show the raw picture' }).click();
    await shoot(page, 'held');
  });

  test('is read in the output when that is raw', async () => {
    const page = await open(far, PASS_THROUGH);
    await start(page, 'camera');
    expect(await waitForVerdict(page, 'marker', 'bad')).toMatch(/marker that you hold is read in the output|own picture leaves/);
    await expect.poll(() => text(page, 'held')).toBe('The marker is read in the output: it should not be.');
  });
});

describe('a camera without any marker', () => {
  const plain = useBench({ gpu: false, draw: () => undefined });

  test('proves nothing, and the page says so', async () => {
    const page = await open(plain);
    await start(page, 'camera');
    expect(await waitForVerdict(page, 'marker', 'warn')).toContain('hold the marker before it');
    expect(await number(page, 'raw-held')).toBeNaN();
    expect(await text(page, 'raw-held')).toMatch(/^0 of /);
  });
});
