/** The marker that is held before a camera: what is read of it, and what is not taken for it. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BARS, readMarker } from '../../www/verify/held-marker.js';
import { filmOf } from './camera.js';

const WIDTH = 640;
const HEIGHT = 480;

/** A picture of greys, as `shade` has them. */
const picture = (shade: (x: number, y: number) => number): Uint8Array => {
  const rgba = new Uint8Array(4 * WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) rgba.fill(shade(x, y), 4 * (y * WIDTH + x), 4 * (y * WIDTH + x) + 4);
  }
  return rgba;
};
const read = (shade: (x: number, y: number) => number): number | null => readMarker(picture(shade), WIDTH, HEIGHT);

const ROWS = [1, -1];
/** The marker with its left top corner at (100, 90), before something that rises and falls. */
const marker = (barWidth: number, contrast: number, rows = ROWS) => (x: number, y: number): number => {
  const [bar, row] = [Math.floor((x - 100) / barWidth), Math.floor((y - 90) / (12 * barWidth))];
  const sign = (BARS[bar] ?? 0) * (rows[row] ?? 0);
  return sign === 0 ? 120 + 60 * Math.sin(x / 37) * Math.cos(y / 23) : 120 + contrast * sign;
};

/** Numbers in [0, 1) that repeat: Park and Miller. */
const dice = (seed = 7): (() => number) => () => (seed = (48_271 * seed) % 2_147_483_647) / 2_147_483_647;

test.each([2, 2.5, 3, 3.7, 5, 8, 11])('is read with bars of %d pixels, which are measured', (barWidth) => {
  const found = read(marker(barWidth, 80)) ?? NaN;
  expect(Math.abs(found / barWidth - 1)).toBeLessThan(0.05);
});

test('is read where it is faint and the picture is noisy', () => {
  const roll = dice();
  const [faint, grain] = [marker(3, 15), (): number => 20 * (roll() - 0.5)];
  expect(read((x, y) => faint(x, y) + grain())).not.toBeNull();
});

test('is not read in one of its rows alone, in its rows exchanged, or mirrored', () => {
  expect(read(marker(4, 80, [1, 0]))).toBeNull();
  expect(read(marker(4, 80, [1, 1]))).toBeNull();
  expect(read(marker(4, 80, [-1, 1]))).toBeNull();
  expect(read((x, y) => marker(4, 80)(319 - x, y))).toBeNull();
});

test('is not read in noise, stripes, checkers, or people', () => {
  const roll = dice();
  expect(read(() => 255 * roll())).toBeNull();
  for (const period of [2, 3, 4, 6, 8, 12]) {
    expect(read((x) => (x % period < period / 2 ? 20 : 230)), `stripes of ${String(period)} pixels`).toBeNull();
    expect(read((x, y) => ((x % period < period / 2) === (y % 48 < 24) ? 20 : 230)), `checkers of ${String(period)} pixels`).toBeNull();
  }
  const film = filmOf(WIDTH, HEIGHT, () => undefined).map((frame) => picture((x, y) => frame[y * WIDTH + x] ?? 0));
  const beganMs = performance.now();
  for (const rgba of film) expect(readMarker(rgba, WIDTH, HEIGHT)).toBeNull();
  console.info(`a picture takes ${((performance.now() - beganMs) / film.length).toFixed(0)} ms`);
});

test('marker.svg shows what is read', () => {
  const svg = readFileSync(new URL('../../www/marker.svg', import.meta.url), 'utf8');
  const bars = [...svg.matchAll(/M(\d+) (\d+)h(\d+)v(\d+)h-\d+z/g)].map((found) => found.slice(1).map(Number));
  const isDark = (x: number, y: number): boolean =>
    bars.some(([left, top, wide, high]) => x >= left! && x < left! + wide! && y >= top! && y < top! + high!);
  expect(read((x, y) => (isDark((x - 120) / 4, (y - 100) / 4) ? 10 : 240))).toBeCloseTo(4, 0);
});
