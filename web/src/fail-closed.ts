import { BautaError, asFault } from './faults.js';
import type { Blank, Size } from './slate.js';
import { hasEnded } from './state.js';
import type { Machine } from './state.js';
import type { Tally } from './stats.js';
import { Timeline } from './timeline.js';

/** What {@link failClosed} needs. Times are in milliseconds. */
export interface FailClosedOptions {
  /** Anonymizes a frame, which it may transfer elsewhere. Rejects rather than give anything doubtful. */
  readonly anonymize: (raw: VideoFrame) => Promise<VideoFrame>;
  /** Whether there is an engine to send frames to. */
  readonly isReady: () => boolean;
  /** Whether the camera's picture has stood still for too long, with this frame as its newest. */
  readonly isFrozen: (raw: VideoFrame, nowMs: number) => boolean;
  readonly blank: Blank;
  readonly machine: Machine;
  readonly tally: Tally;
  /** Size of the slate until the camera's first frame. */
  readonly size: Size;
  /** How long the output may stand still before the slate replaces it. */
  readonly deadlineMs: number;
  readonly onFault: (fault: BautaError) => void;
  /** Whether the output has ended: what an engine then still makes is dropped, and moves the machine no more. */
  readonly isOver?: () => boolean;
  /** Shown everything that leaves, just before it does. May copy it, and does not close it. */
  readonly onLeaving?: (leaving: VideoFrame) => void;
}

/** How often the output is looked after, and how often the slate is sent again for those who joined late. */
const TICK_MS = 100;
const SLATE_EVERY_MS = 500;

/**
 * A transformer that emits anonymized frames, or slates; never the frame it was given. Each input frame
 * is closed exactly once, whatever happens.
 *
 * - F1: the slate comes first, and until an engine is ready
 * - F2: it comes at every new size, until the first frame of that size
 * - F4: it comes in place of a frame that failed
 * - F7: it comes when no anonymized frame was made for `deadlineMs`
 * - F8: it comes while the camera's picture stands still
 */
export const failClosed = (options: FailClosedOptions): Transformer<VideoFrame, VideoFrame> => {
  const { anonymize, isReady, isFrozen, blank, machine, tally, deadlineMs, isOver = () => false } = options;
  const nowMs = (): number => performance.now();
  const timeline = new Timeline(nowMs);
  let size = options.size;
  let lastFrameMs = nowMs();
  let lastSlateMs = -Infinity;
  let ticking: ReturnType<typeof setInterval> | undefined;

  const leave = (out: TransformStreamDefaultController<VideoFrame>, leaving: VideoFrame): void => {
    options.onLeaving?.(leaving);
    enqueue(out, leaving);
  };

  const sendSlate = (out: TransformStreamDefaultController<VideoFrame>): void => {
    if ((out.desiredSize ?? -Infinity) < -1) return; // nobody reads: one that waits is enough
    const slate = blank(size, timeline.now());
    leave(out, slate);
    tally.slates++;
    lastSlateMs = nowMs();
  };

  const fail = (cause: unknown, out: TransformStreamDefaultController<VideoFrame>): void => {
    if (isOver()) return;
    tally.faults++;
    const wasRunning = machine.state === 'running';
    if (hasEnded(machine.apply('fault'))) return;
    options.onFault(asFault(cause, 'frame-failed'));
    if (wasRunning) sendSlate(out);
  };

  const look = (out: TransformStreamDefaultController<VideoFrame>): void => {
    const now = nowMs();
    if (out.desiredSize === null || isOver()) { // it was aborted
      clearInterval(ticking);
      return;
    }
    if (machine.state === 'running' && now - lastFrameMs > deadlineMs) {
      fail(stalled(deadlineMs), out);
    } else if (machine.state !== 'running' && now - lastSlateMs >= SLATE_EVERY_MS) {
      sendSlate(out);
    }
  };

  return {
    start(out) {
      machine.apply('begin');
      sendSlate(out);
      ticking = setInterval(() => {
        try {
          look(out);
        } catch {
          clearInterval(ticking); // the output was closed
        }
      }, TICK_MS);
    },

    async transform(raw, out) {
      tally.framesIn++;
      const beganMs = nowMs();
      const dueUs = timeline.due(raw.timestamp);
      try {
        if (raw.displayWidth !== size.width || raw.displayHeight !== size.height) {
          size = { width: raw.displayWidth, height: raw.displayHeight };
          machine.apply('resize');
          sendSlate(out);
        }
        const stands = isFrozen(raw, beganMs);
        if (stands && machine.state === 'running') throw frozen();
        if (stands || !isReady()) {
          tally.withheld++;
          return;
        }
        const made = checked(await anonymize(raw), raw, size);
        if (isOver() || machine.apply('frame') !== 'running') {
          made.close();
          return;
        }
        leave(out, restamped(made, timeline.stamp(dueUs)));
        lastFrameMs = nowMs();
        tally.frame(lastFrameMs - beganMs, lastFrameMs);
      } catch (cause) {
        fail(cause, out);
      } finally {
        raw.close();
      }
    },

    flush() {
      clearInterval(ticking);
    },
  };
};

/** The result of an engine, unless it is not one: then it is closed and refused. */
const checked = (made: VideoFrame, raw: VideoFrame, size: Size): VideoFrame => {
  if (made === raw) throw new BautaError('frame-failed', 'the engine gave the camera frame back');
  if (made.displayWidth === size.width && made.displayHeight === size.height) return made;
  const found = `${String(made.displayWidth)}x${String(made.displayHeight)}`;
  made.close();
  const wanted = `${String(size.width)}x${String(size.height)}`;
  throw new BautaError('frame-failed', `the engine gave a frame of ${found} for one of ${wanted}`);
};

/** F15: the same picture with the output's own time and without alpha; closes `made`. */
const restamped = (made: VideoFrame, timestampUs: number): VideoFrame => {
  try {
    return new VideoFrame(made, { timestamp: timestampUs, alpha: 'discard' });
  } finally {
    made.close();
  }
};

/** Hands a frame to the output, or closes it where the output has ended. */
const enqueue = (out: TransformStreamDefaultController<VideoFrame>, frame: VideoFrame): void => {
  try {
    out.enqueue(frame);
  } catch (cause) {
    frame.close();
    throw cause;
  }
};

const frozen = (): BautaError =>
  new BautaError(
    'stalled',
    "the camera's picture stands still: it is paused or hangs; the slate is shown until it moves again " +
      '(for a source that may stand still, set frozenMs to Infinity)',
  );

const stalled = (deadlineMs: number): BautaError =>
  new BautaError(
    'stalled',
    `no frame was anonymized for ${String(deadlineMs)} ms: the camera or the engine stands still; ` +
      'the slate is shown until the next one arrives',
  );
