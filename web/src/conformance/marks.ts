/**
 * Marks one pixel fine, and the detector that finds them. A filter that makes its picture anew at a working size,
 * blurs it or covers it cannot show them: a mark that is found is the camera's own picture.
 *
 * This file runs in Node too; it imports nothing.
 */

/** Patterns that change their sign at every pixel, row or column. */
export type MarkKind = 'checkers' | 'columns' | 'rows';

/** A square of one pattern; its left top corner, in pixels. */
export interface Mark {
  readonly x: number;
  readonly y: number;
  readonly kind: MarkKind;
}

/** Edge of a mark, in pixels. */
export const MARK_SIZE = 96;

const MARGIN = 16;

/** Where the marks are in a picture of this size: a corner, the middle, and the opposite corner. */
export const marksIn = (width: number, height: number): readonly Mark[] => {
  const even = (value: number): number => 2 * Math.floor(value / 2);
  return [
    { x: MARGIN, y: MARGIN, kind: 'checkers' },
    { x: even((width - MARK_SIZE) / 2), y: even((height - MARK_SIZE) / 2), kind: 'columns' },
    { x: width - MARK_SIZE - MARGIN, y: height - MARK_SIZE - MARGIN, kind: 'rows' },
  ];
};

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
