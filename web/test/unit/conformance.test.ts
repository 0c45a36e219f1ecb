import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FAULTS, markdownOf } from '../../src/conformance.js';
import { markAt, marksIn, MARK_SIZE } from '../../src/conformance/marks.js';
import { classify, RAW_FROM } from '../../src/conformance/watch.js';

const WIDTH = 320;
const HEIGHT = 240;

/** A picture of grey ramps, in which the marks are as strong as `contrast` says, in [0, 1]. */
const picture = (contrast: number, which = [0, 1, 2]): Uint8Array => {
  const rgba = new Uint8Array(4 * WIDTH * HEIGHT);
  const marks = marksIn(WIDTH, HEIGHT).filter((_, index) => which.includes(index));
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const mark = marks.find((mark) => x >= mark.x && x < mark.x + MARK_SIZE && y >= mark.y && y < mark.y + MARK_SIZE);
      const grey = 100 + (50 * x) / WIDTH;
      const value = mark ? grey + contrast * (markAt(mark.kind, x, y) ? 100 : -100) : grey;
      rgba.fill(value, 4 * (y * WIDTH + x), 4 * (y * WIDTH + x) + 3);
    }
  }
  return rgba;
};

const kindOf = (rgba: Uint8Array): string => classify(rgba, WIDTH, HEIGHT).kind;

test('a picture with any one of the marks is raw, also where a fifth of it shines through', () => {
  for (const mark of [0, 1, 2]) expect(kindOf(picture(1, [mark])), `mark ${String(mark)}`).toBe('raw');
  expect(kindOf(picture(0.2))).toBe('raw');
});

test('a picture without marks is anonymized, and one of one colour is a slate', () => {
  expect(kindOf(picture(1, []))).toBe('anonymized');
  expect(kindOf(picture(0.05)), `marks weaker than ${String(RAW_FROM)}`).toBe('anonymized');
  expect(kindOf(new Uint8Array(4 * WIDTH * HEIGHT).fill(33))).toBe('slate');
  const spotted = new Uint8Array(4 * WIDTH * HEIGHT).fill(33);
  spotted[1000] = 60;
  expect(kindOf(spotted), 'one pixel differs').toBe('anonymized');
});

test('a fault that was not run is no zero in the table', () => {
  const row = { filter: 'f', version: '1', fault: 'hangs', rule: 'F7', frames: 0, raw: 0, slate: 0, anonymized: 0, strongest: 0, stubbed: [] };
  expect(markdownOf([{ ...row, ran: false, note: 'no' }])).toContain('| f | 1 | hangs | F7 | - | - | - | - | not run: no |');
  expect(markdownOf([{ ...row, ran: true, note: '' }])).toContain('| 0 | 0 | 0 | 0 |');
});

test('every fault has a name of its own, a rule and a sentence', () => {
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
  for (const { name, rule, says } of FAULTS) {
    expect(rule, name).toMatch(/^F\d+$/);
    expect(says, name).toMatch(/\.$/);
  }
});

test('neither the library nor its workers load the suite, and the suite loads nothing of theirs', () => {
  const reached = (entry: string, found = new Set<string>()): Set<string> => {
    if (found.has(entry)) return found;
    found.add(entry);
    const url = new URL(entry, 'file:///');
    const code = readFileSync(new URL(`../../src${url.pathname}`, import.meta.url), 'utf8');
    for (const [, to] of code.matchAll(/(?:from|URL\(|import\() *'(\.[^']*)\.js'/g)) reached(new URL(`${to ?? ''}.ts`, url).pathname, found);
    return found;
  };
  const [library, suite] = [reached('/index.ts'), reached('/conformance.ts')];
  expect(library).toContain('/gate-worker.ts');
  expect(library).toContain('/engine-cpu.ts');
  expect([...library].filter((file) => file.includes('conformance'))).toEqual([]);
  expect([...suite].filter((file) => !file.includes('conformance'))).toEqual([]);
});
