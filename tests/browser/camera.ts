/** A camera for Chromium: a clip of real people, with marks in it that are finer than what the model works on. */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MARK_SIZE, markAt, marksIn } from '../../web/src/conformance/marks.js';

/**
 * Half the difference between bright and dark pixels of a one-pixel pattern, of 127.5. The marks have 100 and more
 * in the camera's frames; what is left of them or arises in anonymized ones must stay below a tenth of that.
 */
export const FOUND = 24;
export const UNSEEN = 10;

const FRAMES = 30;

/** A clip of the webcam set where that is at hand, else the one of the demo page: both show real people. */
const clip = (): string => {
  const sets = process.env.BAUTA_DATA;
  const set = sets === undefined ? undefined : join(sets, 'webcam', 'night.mkv');
  if (set !== undefined && existsSync(set)) return set;
  return fileURLToPath(new URL('../../www/clip/people.webm', import.meta.url));
};

/** About a second of the clip, as frames of planes Y, U, V with colours of 4:2:0. */
const decode = (file: string, width: number, height: number): Buffer =>
  execFileSync(
    'ffmpeg',
    ['-v', 'error', '-i', file, '-frames:v', String(FRAMES), '-s', `${String(width)}x${String(height)}`, '-r', '30', '-pix_fmt', 'yuv420p', '-f', 'rawvideo', '-'],
    { maxBuffer: 1 << 28 },
  );

/** Draws into a frame of planes Y, U, V. */
export type Draw = (frame: Buffer, width: number, height: number) => void;

const drawMarks: Draw = (frame, width, height) => {
  const luma = width * height;
  for (const { x: left, y: top, kind } of marksIn(width, height)) {
    for (let y = top; y < top + MARK_SIZE; y++) {
      for (let x = left; x < left + MARK_SIZE; x++) {
        frame[y * width + x] = markAt(kind, x, y) ? 235 : 16;
        const chroma = (y >> 1) * (width / 2) + (x >> 1);
        frame[luma + chroma] = frame[luma + luma / 4 + chroma] = 128;
      }
    }
  }
};

/** A second of people with marks, or what else is drawn, in frames of planes Y, U, V (I420). Width and height are even, 240 at least. */
export const filmOf = (width: number, height: number, draw = drawMarks): Buffer[] => {
  const pixels = decode(clip(), width, height);
  const size = (width * height * 3) / 2;
  const frames = Array.from({ length: Math.floor(pixels.length / size) }, (_, at) => pixels.subarray(at * size, (at + 1) * size));
  if (frames.length === 0) throw new Error(`ffmpeg found no frame in ${clip()}`);
  for (const frame of frames) draw(frame, width, height);
  return frames;
};

/** Writes the camera's film to `file` (y4m, 640 x 480), which Chromium repeats. */
export const makeCamera = (file: string, draw = drawMarks): void => {
  const chunks: Uint8Array[] = [Buffer.from('YUV4MPEG2 W640 H480 F30:1 Ip A1:1 C420jpeg\n')];
  for (const frame of filmOf(640, 480, draw)) chunks.push(Buffer.from('FRAME\n'), frame);
  writeFileSync(file, Buffer.concat(chunks));
};
