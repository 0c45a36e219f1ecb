import { beforeEach, expect, it } from 'vitest';
import { colourOf, slateOf } from '../../src/slate.js';
import { installFakeFrame } from './fake-frame.js';
import type { FakeFrame } from './fake-frame.js';

beforeEach(installFakeFrame);

it('reads a colour as red, green, blue', () => {
  expect(colourOf('#102aFF')).toEqual([0x10, 0x2a, 0xff]);
});

for (const wrong of ['', '#12345', '#1234567', '102030', 'red', '#gg0000']) {
  it(`refuses '${wrong}' as a colour, and says how one is written`, () => {
    expect(() => slateOf(wrong)).toThrow('written #rrggbb');
  });
}

it('fills every pixel with the colour, opaque', () => {
  const slate = slateOf('#0a141e')({ width: 5, height: 3 }, 42);
  const { origin } = slate as unknown as FakeFrame;
  const bytes = new Uint8Array((origin as Uint32Array).buffer);
  expect(bytes.length).toBe(4 * 5 * 3);
  for (let pixel = 0; pixel < 15; pixel++) {
    expect([...bytes.slice(4 * pixel, 4 * pixel + 4)], `pixel ${String(pixel)}`).toEqual([10, 20, 30, 255]);
  }
  expect(slate).toMatchObject({ displayWidth: 5, displayHeight: 3, timestamp: 42 });
});

it('follows a change of size', () => {
  const blank = slateOf('#000000');
  expect(blank({ width: 4, height: 4 }, 0)).toMatchObject({ displayWidth: 4, displayHeight: 4 });
  expect(blank({ width: 2, height: 8 }, 1)).toMatchObject({ displayWidth: 2, displayHeight: 8 });
});
