/**
 * Marks one pixel fine, and the detector that finds them. The model sees a camera of 640 pixels at 128: what is
 * finer than five pixels cannot be in what it makes, so a mark that is found was never anonymized.
 *
 * This file runs in Node and, compiled, in the page; it imports nothing.
 */

/** Patterns that change their sign at every pixel, row or column. */
export type MarkKind = 'checkers' | 'columns' | 'rows';

export const MARK_SIZE = 96;

/** Where the marks are in the camera's picture, left top corners. The one in the middle is on the person. */
export const MARKS: readonly { readonly x: number; readonly y: number; readonly kind: MarkKind }[] = [
  { x: 16, y: 16, kind: 'checkers' },
  { x: 272, y: 208, kind: 'columns' },
  { x: 528, y: 368, kind: 'rows' },
];

/** Whether a mark is bright at a pixel. */
export const markAt = (kind: MarkKind, x: number, y: number): boolean => {
  if (kind === 'columns') return x % 2 === 0;
  if (kind === 'rows') return y % 2 === 0;
  return (x + y) % 2 === 0;
};

const TILE = 16;

/**
 * The strongest pattern of one pixel's fineness anywhere in a picture, as half the difference between its bright
 * and its dark pixels, in [0, 127.5]. Looks at every tile of 16 x 16 pixels, each overlapping the next by half.
 */
export const finestPattern = (rgba: Uint8Array, width: number, height: number): number => {
  let strongest = 0;
  for (let top = 0; top + TILE <= height; top += TILE / 2) {
    for (let left = 0; left + TILE <= width; left += TILE / 2) {
      let [checkers, columns, rows] = [0, 0, 0];
      for (let y = top; y < top + TILE; y++) {
        for (let x = left; x < left + TILE; x++) {
          const green = rgba[4 * (y * width + x) + 1] ?? 0;
          const [column, row] = [x % 2 === 0 ? green : -green, y % 2 === 0 ? green : -green];
          columns += column;
          rows += row;
          checkers += y % 2 === 0 ? column : -column;
        }
      }
      strongest = Math.max(strongest, Math.abs(checkers), Math.abs(columns), Math.abs(rows));
    }
  }
  return strongest / (TILE * TILE);
};

/** Mean absolute difference of two pictures in [0, 255], red, green and blue alike, without what is in the marks. */
export const difference = (a: Uint8Array, b: Uint8Array, width: number, height: number): number => {
  const isMarked = (x: number, y: number): boolean =>
    MARKS.some((mark) => x >= mark.x && x < mark.x + MARK_SIZE && y >= mark.y && y < mark.y + MARK_SIZE);
  let [sum, count] = [0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (isMarked(x, y)) continue;
      const at = 4 * (y * width + x);
      for (let channel = 0; channel < 3; channel++) {
        sum += Math.abs((a[at + channel] ?? NaN) - (b[at + channel] ?? NaN));
        count++;
      }
    }
  }
  return sum / count;
};
