/**
 * A conformance suite for video filters that run in a browser, Bauta or any other: it gives the filter a camera of
 * its own making, lets things go wrong, and says of every frame that leaves whether it is the camera's picture.
 *
 * It knows nothing of Bauta, and Bauta does not load it.
 */
import { SyntheticCamera } from './conformance/camera.js';
import { FAULTS } from './conformance/matrix.js';
import type { Ailment, Fault, Stage } from './conformance/matrix.js';
import { Watch, look } from './conformance/watch.js';
import type { FrameKind, Seen, TrackWatch } from './conformance/watch.js';

export { FAULTS, SyntheticCamera, look };
export type { Ailment, Fault, FrameKind, Seen, Stage };

/** A filter, as the suite drives it. */
export interface Filter {
  /** What it is called in the table. */
  readonly name: string;
  /** Its version, for the table. */
  readonly version: string;
  /** What of it is not the real thing in this run, for people to read. */
  readonly stubbed: readonly string[];
  /** What the adapter can bring about; `none` is understood. */
  readonly ailments: readonly Ailment[];
  /** Starts a fresh filter on a camera's track, with something wrong inside, and gives its output. */
  start(camera: MediaStreamTrack, ailment: Ailment): MediaStreamTrack | Promise<MediaStreamTrack>;
  /** Stops what `start` began last. */
  close?(): void | Promise<void>;
}

/** What became of one fault. */
export interface Row {
  /** Name of the filter. */
  readonly filter: string;
  /** Version of the filter. */
  readonly version: string;
  /** Name of the fault. */
  readonly fault: string;
  /** The rule that the fault tests, as `F6`. */
  readonly rule: string;
  /** False where the adapter cannot bring the fault about: then nothing is known. */
  readonly ran: boolean;
  /** Frames that left from the moment the output existed, and what they were. */
  readonly frames: number;
  /** Frames in which a mark of the camera's picture is left. */
  readonly raw: number;
  /** Frames of one colour. */
  readonly slate: number;
  /** All others: no mark is left in them, which says nothing of how well people are hidden. */
  readonly anonymized: number;
  /** The strongest one-pixel pattern in any of them, in [0, 127.5]; from 10 on a frame is raw. */
  readonly strongest: number;
  /** What of the filter was not the real thing. */
  readonly stubbed: readonly string[];
  /** What else happened, as a sentence; empty where nothing did. */
  readonly note: string;
}

/** How the suite is run. */
export interface ConformanceOptions {
  /** The faults; default all. */
  readonly faults?: readonly Fault[];
  /** How long a filter may show slates before it is taken to be doing so for good, in milliseconds. */
  readonly settleMs?: number;
  /** Called after each fault. */
  readonly onRow?: (row: Row) => void;
}

const START_LIMIT_MS = 20_000;
const CLOSE_LIMIT_MS = 2000;

/** Runs a filter through the faults, one after the other; takes a minute or so. */
export const runConformance = async (filter: Filter, options: ConformanceOptions = {}): Promise<Row[]> => {
  const { faults = FAULTS, settleMs = 10_000, onRow } = options;
  const rows: Row[] = [];
  for (const fault of faults) {
    const row = await runFault(filter, fault, settleMs);
    rows.push(row);
    onRow?.(row);
  }
  return rows;
};

const runFault = async (filter: Filter, fault: Fault, settleMs: number): Promise<Row> => {
  if (fault.inside !== 'none' && !filter.ailments.includes(fault.inside)) {
    return rowOf(filter, fault, [], { ran: false, notes: ['the adapter cannot bring it about'] });
  }
  const camera = new SyntheticCamera();
  const watch = new Watch();
  const notes: string[] = [];
  let output: TrackWatch | undefined;
  let seen: readonly Seen[] = [];
  try {
    const starting = Promise.resolve().then(() => filter.start(camera.track, fault.inside));
    const track = await within(starting, START_LIMIT_MS, 'gave no output');
    const found = watch.of(track);
    output = found.watch;
    if (!found.isWhole) notes.push('watched from when the output was handed over');
    await fault.act(stageOf(filter, camera, output, settleMs));
    seen = await output.all();
    notes.push(output.hasEnded ? 'the output ended' : 'the output went on');
  } catch (cause) {
    const what = output === undefined ? 'the filter did not start' : 'the run broke off';
    notes.push(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`);
  } finally {
    watch.stop();
    await closed(filter);
    camera.end();
    // What leaves while it is stopped counts too.
    seen = (await output?.stop().catch(() => output?.seen)) ?? seen;
  }
  return rowOf(filter, fault, seen, { ran: true, notes });
};

const RUN_IN_MS = 500;

const stageOf = (filter: Filter, camera: SyntheticCamera, output: TrackWatch, settleMs: number): Stage => {
  const settle = async (): Promise<void> => {
    const untilMs = performance.now() + settleMs;
    const isOver = (): boolean => output.hasEnded || output.seen.some(({ kind }) => kind !== 'slate');
    while (!isOver() && performance.now() < untilMs) await wait(20);
  };
  const steady = (): Promise<void> => settle().then(() => wait(RUN_IN_MS));
  return { camera, settle, steady, wait, close: () => closed(filter) };
};

const wait = (ms: number): Promise<void> => new Promise((go) => setTimeout(go, ms));

const closed = async (filter: Filter): Promise<void> => {
  const closing = Promise.resolve().then(() => filter.close?.());
  await Promise.race([closing.catch(() => undefined), wait(CLOSE_LIMIT_MS)]);
};

const within = <Value>(value: Promise<Value>, ms: number, what: string): Promise<Value> =>
  Promise.race([value, wait(ms).then(() => Promise.reject(new Error(`${what} in ${String(ms)} ms`)))]);

const rowOf = (
  { name, version, stubbed }: Filter,
  fault: Fault,
  seen: readonly Seen[],
  { ran, notes }: { readonly ran: boolean; readonly notes: readonly string[] },
): Row => {
  const count = (wanted: FrameKind): number => seen.filter(({ kind }) => kind === wanted).length;
  const raw = seen.flatMap(({ kind }, index) => (kind === 'raw' ? [index + 1] : []));
  const strongest = Math.max(0, ...seen.map(({ pattern }) => pattern));
  return {
    filter: name,
    version,
    fault: fault.name,
    rule: fault.rule,
    ran,
    frames: seen.length,
    raw: raw.length,
    slate: count('slate'),
    anonymized: count('anonymized'),
    strongest: Math.round(10 * strongest) / 10,
    stubbed,
    note: [...(raw.length > 0 ? [`raw: frame ${ranges(raw)}`] : []), ...notes].join('; '),
  };
};

/** Numbers that rise, as `1-3, 7`. */
const ranges = (numbers: readonly number[]): string => {
  const found: [number, number][] = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  const written = found.map(([from, to]) => (from === to ? String(from) : `${String(from)}-${String(to)}`));
  return written.length > 6 ? `${written.slice(0, 6).join(', ')} and on` : written.join(', ');
};

/** The rows as a Markdown table. */
export const markdownOf = (rows: readonly Row[]): string => {
  const lines = rows.map(({ ran, ...row }) => {
    const counts = [row.frames, row.raw, row.slate, row.anonymized].map((value) => (ran ? String(value) : '-'));
    return [row.filter, row.version, row.fault, row.rule, ...counts, ran ? row.note : `not run: ${row.note}`];
  });
  const head = ['filter', 'version', 'fault', 'rule', 'frames', 'raw', 'slate', 'anonymized', 'note'];
  const rule = head.map((name) => (['frames', 'raw', 'slate', 'anonymized'].includes(name) ? '---:' : '---'));
  return [head, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
};
