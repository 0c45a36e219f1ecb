/** Width and height in pixels, both at least 1. */
export interface Size {
  /** Pixels from left to right. */
  readonly width: number;
  /** Pixels from top to bottom. */
  readonly height: number;
}

/** A copy of a size. Throws a `TypeError` for what is none. */
export const checkedSize = ({ width, height }: Size): Size => {
  for (const [name, value] of Object.entries({ width, height })) {
    if (!(Number.isInteger(value) && value >= 1)) throw new TypeError(`${name} is a whole number of pixels, not ${String(value)}`);
  }
  return { width, height };
};

/** Makes the picture that stands in for frames that may not be shown. The caller closes it. */
export type Blank = (size: Size, timestampUs: number) => VideoFrame;

/** The slate's colour where the app names none. */
export const SLATE_COLOUR = '#20242c';

/** The red, green and blue, in [0, 255], of a colour written `#rrggbb`. */
export const colourOf = (text: string): readonly [number, number, number] => {
  const digits = /^#([0-9a-f]{6})$/i.exec(text)?.[1];
  if (digits === undefined) throw new TypeError(`a slate's colour is written #rrggbb, not '${text}'`);
  const value = Number.parseInt(digits, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
};

/** Slates of one colour. It holds nothing of any camera. */
export const slateOf = (colour: string): Blank => {
  const [red, green, blue] = colourOf(colour);
  const word = new Uint32Array(new Uint8Array([red, green, blue, 255]).buffer)[0] ?? 0;
  let pixels = new Uint32Array(0); // kept: slates of one size follow each other
  return ({ width, height }, timestampUs) => {
    if (pixels.length !== width * height) pixels = new Uint32Array(width * height).fill(word);
    return new VideoFrame(pixels, {
      format: 'RGBX',
      codedWidth: width,
      codedHeight: height,
      timestamp: timestampUs,
    });
  };
};
