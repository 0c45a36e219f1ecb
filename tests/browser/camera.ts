/** A camera for Chromium: a clip of real people, with marks in it that are finer than what the model works on. */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MARK_SIZE, markAt, marksIn } from '../../web/src/conformance/marks.js';

const WIDTH = 640;
const HEIGHT = 480;
const FRAMES = 30;

/** A clip of the webcam set where that is at hand, else the one of the demo page: both show real people. */
const clip = (): string => {
  const sets = process.env.BAUTA_DATA;
  const set = sets === undefined ? undefined : join(sets, 'webcam', 'night.mkv');
  if (set !== undefined && existsSync(set)) return set;
  return fileURLToPath(new URL('../../www/clip/people.webm', import.meta.url));
};

const decode = (file: string): Buffer =>
  execFileSync(
    'ffmpeg',
    ['-v', 'error', '-i', file, '-frames:v', String(FRAMES), '-s', `${String(WIDTH)}x${String(HEIGHT)}`, '-r', '30', '-pix_fmt', 'yuv420p', '-f', 'rawvideo', '-'],
    { maxBuffer: 1 << 28 },
  );

/** Draws the marks into a frame of planes Y, U, V, with colours of 4:2:0. */
const drawMarks = (frame: Buffer): void => {
  const luma = WIDTH * HEIGHT;
  for (const { x: left, y: top, kind } of marksIn(WIDTH, HEIGHT)) {
    for (let y = top; y < top + MARK_SIZE; y++) {
      for (let x = left; x < left + MARK_SIZE; x++) {
        frame[y * WIDTH + x] = markAt(kind, x, y) ? 235 : 16;
        const chroma = (y >> 1) * (WIDTH / 2) + (x >> 1);
        frame[luma + chroma] = frame[luma + luma / 4 + chroma] = 128;
      }
    }
  }
};

/** Writes the camera's film to `file` (y4m, 640 x 480, about a second, which Chromium repeats). */
export const makeCamera = (file: string): void => {
  const pixels = decode(clip());
  const size = (WIDTH * HEIGHT * 3) / 2;
  const chunks: Uint8Array[] = [Buffer.from(`YUV4MPEG2 W${String(WIDTH)} H${String(HEIGHT)} F30:1 Ip A1:1 C420jpeg\n`)];
  for (let at = 0; at + size <= pixels.length; at += size) {
    const frame = pixels.subarray(at, at + size);
    drawMarks(frame);
    chunks.push(Buffer.from('FRAME\n'), frame);
  }
  if (chunks.length === 1) throw new Error(`ffmpeg found no frame in ${clip()}`);
  writeFileSync(file, Buffer.concat(chunks));
};
