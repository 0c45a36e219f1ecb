import { expect, it } from 'vitest';
import { Tally, quantile } from '../../src/stats.js';

it('takes quantiles of what was there, without inventing values between', () => {
  const sorted = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(quantile(sorted, 0.5)).toBe(50);
  expect(quantile(sorted, 0.95)).toBe(95);
  expect(quantile([7], 0.95)).toBe(7);
});

it('has no frame time before the first frame', () => {
  expect(new Tally().read(0)).toMatchObject({ fps: 0, frameMs: null });
});

it('counts frames a second over the last two seconds only', () => {
  const tally = new Tally();
  for (let now = 0; now < 10_000; now += 100) tally.frame(12, now);
  expect(tally.read(10_000).fps).toBeCloseTo(9.5, 1); // frames at 8100 to 9900
  expect(tally.read(20_000)).toMatchObject({ fps: 0, framesOut: 100, frameMs: { p50: 12, p95: 12 } });
});

it('does not count the time before the first frame', () => {
  const tally = new Tally();
  for (let now = 5000; now <= 5200; now += 40) tally.frame(12, now);
  expect(tally.read(5200).fps).toBe(25);
});

it('forgets the times of an engine that has become faster', () => {
  const tally = new Tally();
  for (let index = 0; index < 200; index++) tally.frame(500, index);
  for (let index = 200; index < 400; index++) tally.frame(20, index);
  expect(tally.read(400).frameMs).toEqual({ p50: 20, p95: 20 });
});
