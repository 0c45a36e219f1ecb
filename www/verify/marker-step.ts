/** Step 3: the marks of the camera's picture, in what goes in and in what comes out. */
import type { Counts, Task } from './look-worker.js';
import { write } from '../elements.js';
import { count, judge } from './page.js';
import type { Verdict } from './page.js';

declare const MediaStreamTrackProcessor: new (init: { track: MediaStreamTrack; maxBufferSize: number }) => {
  readonly readable: ReadableStream<VideoFrame>;
};

export type Source = 'drawn' | 'camera';

/** Whether this browser hands the frames of a track to pages, and takes drawn ones; only Chromium does. */
export const canLook = 'MediaStreamTrackProcessor' in globalThis && 'MediaStreamTrackGenerator' in globalThis;

/** Says that nothing can be looked at here. */
export const giveUp = (): void => {
  judge('marker', { kind: 'warn', why: 'this browser gives pages no frames to look at. Use Chrome or Edge for this step.' });
};

const NONE: Counts = { frames: 0, raw: 0, slate: 0, anonymized: 0, strongest: 0, held: { frames: 0, fine: 0, coarse: 0 } };

/** Along the longer side of the picture that the published models work on. */
const MODEL_SIDE = 128;

/** Looks at a track from now on. */
export class TrackLook {
  counts = NONE;
  readonly #worker = new Worker(new URL('./look-worker.js', import.meta.url), { type: 'module', name: 'verify' });

  constructor(track: MediaStreamTrack, source: Source, onChange: () => void) {
    this.#worker.onmessage = ({ data }: MessageEvent<Counts>) => {
      this.counts = data;
      onChange();
    };
    const frames = new MediaStreamTrackProcessor({ track, maxBufferSize: 30 }).readable;
    const task: Task = { frames, modelSide: MODEL_SIDE, looksForHeld: source === 'camera' };
    this.#worker.postMessage(task, [frames]);
  }

  stop(): void {
    this.#worker.postMessage(null);
  }
}

/** How many frames the control is given before it must have found something. */
const CONTROL_FRAMES = 15;

/** What the counts of both sides say. */
const verdictOf = (raw: Counts, output: Counts, source: Source): Verdict => {
  const marked = raw.raw + raw.held.fine;
  if (output.raw > 0) return { kind: 'bad', why: 'the camera’s own picture leaves: its marks are in the output.' };
  if (output.held.fine > 0) return { kind: 'bad', why: 'the marker that you hold is read in the output.' };
  if (marked === 0 && raw.frames >= CONTROL_FRAMES) {
    const hint = source === 'camera' ? 'hold the marker before it, further away or nearer' : 'so a mark in the output would not be found either';
    return { kind: 'warn', why: `no mark is found in the camera’s picture itself: ${hint}.` };
  }
  if (marked === 0 || output.anonymized === 0) return { kind: 'wait', why: 'waiting for the first anonymized frames.' };
  return { kind: 'good', why: 'marks are found in the camera’s picture, and in no frame that left.' };
};

/** Shows what was found since the start. */
export const showMarkers = (raw: Counts, output: Counts, source: Source): void => {
  for (const [side, found] of [['raw', raw], ['output', output]] as const) {
    write(`${side}-frames`, count(found.frames));
    for (const kind of ['raw', 'slate', 'anonymized'] as const) write(`${side}-${kind}`, count(found[kind]));
    write(`${side}-strongest`, found.strongest.toFixed(1));
    const { frames, fine, coarse } = found.held;
    write(`${side}-held`, source === 'camera' ? `${count(fine)} of ${count(frames)}${coarse > 0 ? ` (too near: ${count(coarse)})` : ''}` : '–');
  }
  if (source === 'camera') write('held', heldOf(raw, output));
  judge('marker', verdictOf(raw, output, source));
};

const heldOf = (raw: Counts, output: Counts): string => {
  if (output.held.fine > 0) return 'The marker is read in the output: it should not be.';
  if (raw.held.fine > 0) return 'The marker is read in the camera’s picture, and not in the output.';
  if (raw.held.coarse > 0) return 'The marker is read, but too near: its bars are coarser than what the model works on, and coarse shapes are what it keeps. Hold it further away.';
  return 'The marker is not read in the camera’s picture yet.';
};
