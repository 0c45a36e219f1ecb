import { describe, expect, it } from 'vitest';
import { Canary, suspicion } from '../../src/canary.js';
import type { Pair } from '../../src/canary.js';
import { FrozenWatch } from '../../src/frozen.js';
import type { Thumbnail } from '../../src/thumbnail.js';
import { contrastOf, differenceOf } from '../../src/thumbnail.js';
import { cameraFrame } from './fake-frame.js';

const PIXELS = 32 * 24;
const picture = (of: (pixel: number) => number): Thumbnail =>
  Uint8ClampedArray.from({ length: 4 * PIXELS }, (_, at) => (at % 4 === 3 ? 255 : of(at >> 2)));
const plain = (grey: number): Thumbnail => picture(() => grey);
const stripes = (by: number): Thumbnail => picture((pixel) => ((pixel + by) % 32) * 8);

describe('thumbnails', () => {
  it('differ by the mean of their colours, without alpha', () => {
    const other = plain(110).map((value, at) => (at % 4 === 3 ? 0 : value));
    expect(differenceOf(plain(100), other)).toBeCloseTo(10, 9);
  });
  it('have contrast where there is something to see', () => {
    expect(contrastOf(plain(200))).toBe(0);
    expect(contrastOf(picture((pixel) => (pixel % 2) * 100))).toBeCloseTo(50, 9);
  });
});

describe('the canary', () => {
  const good = { raw: stripes(0), made: stripes(9) };
  it('finds nothing in a picture of its own', () => { expect(suspicion(good, undefined)).toBeUndefined(); });
  it('finds an engine that gives back what it got, exactly or nearly', () => {
    expect(suspicion({ raw: stripes(0), made: stripes(0) }, undefined)).toContain('gives the camera picture back');
    expect(suspicion({ raw: stripes(0), made: stripes(0).map((value) => value + 2) }, undefined)).toContain('back');
  });
  it('finds a blank picture', () => { expect(suspicion({ raw: stripes(0), made: plain(90) }, undefined)).toContain('blank'); });
  it('finds a picture that does not follow the camera', () => {
    expect(suspicion({ raw: stripes(4), made: good.made }, good)).toContain('does not follow');
    expect(suspicion({ raw: stripes(0), made: good.made }, good), 'a still scene').toBeUndefined();
  });
  it('says nothing of a covered lens or a muted camera', () => {
    expect(suspicion({ raw: plain(3), made: plain(3) }, undefined)).toBeUndefined();
  });
  const frames = (pairs: Pair[]): (() => void)[] => {
    const shown = pairs.flatMap(({ raw, made }) => [raw, made]);
    const canary = new Canary(() => shown.shift() ?? plain(0));
    return pairs.map(() => () => { canary.look(cameraFrame())(cameraFrame()); });
  };
  it('looks at every frame', () => {
    const [first, second, third] = frames([good, good, { raw: stripes(3), made: stripes(3) }]);
    first?.();
    second?.();
    expect(third).toThrow('gives the camera picture back');
  });
  it('finds a picture that stands while the scene moves slowly, each step too small to tell', () => {
    const by = (shift: number): Thumbnail => picture((pixel) => (pixel % 32) * 8 * (1 - shift / 100));
    expect(differenceOf(by(0), by(1))).toBeLessThan(2);
    const looks = frames(Array.from({ length: 4 }, (_, step) => ({ raw: by(step), made: plain(0).map((_, at) => at % 97) })));
    expect(() => { for (const look of looks) look(); }).toThrow('does not follow');
  });
});

describe('the watch over a frozen source', () => {
  /** Whether the source counts as frozen after `seconds` of what it shows at each half second. */
  const after = (seconds: number, show: (turn: number) => Thumbnail, limitMs = 5000): boolean => {
    let turn = 0;
    const watch = new FrozenWatch(() => show(turn), limitMs);
    let isFrozen = false;
    for (; turn <= 2 * seconds; turn++) isFrozen = watch.isFrozen(cameraFrame(), 500 * turn);
    return isFrozen;
  };
  it('calls a picture frozen once it has repeated for the limit, and not before', () => {
    expect(after(4.5, () => stripes(0))).toBe(false);
    expect(after(5, () => stripes(0))).toBe(true);
  });
  it('lets it go at the first change', () => { expect(after(9, (turn) => stripes(turn === 18 ? 1 : 0))).toBe(false); });
  it('never says so of one colour, or without a limit', () => {
    expect(after(60, () => plain(0))).toBe(false);
    expect(after(60, () => stripes(0), Infinity)).toBe(false);
  });
});
