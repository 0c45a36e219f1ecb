/** The soak's result as people read it. */
import type { Plan } from './page.js';
import type { Found, Memory } from './run.js';

export interface SoakRun extends Found {
  readonly made_by: string;
  /** The commit it ran on; `+` where files were changed. */
  readonly commit: string;
  readonly plan: Plan;
}

/** All runs that are published, in their order. */
export interface SoakResult {
  readonly format: 2;
  readonly runs: readonly SoakRun[];
}

/** How a size went on: its medians over the first third and the last third of the readings. */
export interface Trend {
  readonly what: string;
  readonly early: number;
  readonly late: number;
  readonly isFlat: boolean;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

/** Grows by a tenth at most, or by so little that it is nothing. */
const TRENDS: readonly { what: string; of: (memory: Memory) => number; slack: number }[] = [
  { what: "the page's process, MB", of: (memory) => memory.page_mb, slack: 20 },
  { what: "the GPU's process, MB", of: (memory) => memory.gpu_mb, slack: 20 },
  { what: 'JavaScript of the page, MB', of: (memory) => memory.heap_mb, slack: 2 },
  { what: 'open frames', of: (memory) => memory.open_frames, slack: 4 },
];

/** Frames of one Bauta that may be open at a time: the camera's, the engine's copy, what was made, the slate. */
export const MAY_BE_OPEN = 6;

export const mostOpen = (memory: readonly Memory[]): number => Math.max(...memory.map(({ open_frames }) => open_frames));

export const trendOf = (memory: readonly Memory[]): readonly Trend[] => {
  const third = Math.ceil(memory.length / 3);
  return TRENDS.map(({ what, of, slack }) => {
    const [early, late] = [median(memory.slice(0, third).map(of)), median(memory.slice(-third).map(of))];
    return { what, early, late, isFlat: !(late > Math.max(1.1 * early, early + slack)) };
  });
};

const row = (...cells: (string | number)[]): string => `| ${cells.map(String).join(' | ')} |\n`;

/** All runs in a row each, and all of them together. */
const runsOf = (runs: readonly SoakRun[]): string[] => {
  const total = (of: (run: SoakRun) => number): number => runs.reduce((sum, run) => sum + of(run), 0);
  const columns: [string, (run: SoakRun) => number][] = [
    ['minutes', ({ plan }) => plan.minutes],
    ['Bautas made and closed', ({ counts }) => counts.sessions],
    ['camera frames', ({ counts }) => counts.framesIn],
    ['of them while something was wrong', ({ counts }) => counts.faultedFrames],
    ['slates that left', ({ counts }) => counts.slates],
    ['anonymized frames that left', ({ counts }) => counts.anonymized],
    ['**raw frames that left**', ({ counts }) => counts.raw],
    ['complaints', ({ counts, complaints }) => counts.complaints.length + complaints.length],
  ];
  const mostOf = (of: (run: SoakRun) => number): number => Math.max(...runs.map(of));
  return [
    row('', ...runs.map(({ made_by, commit }) => `\`${made_by}\` at ${commit}`), 'all'),
    row('---', ...runs.map(() => '---:'), '---:'),
    ...columns.map(([what, of]) => row(what, ...runs.map(of), total(of))),
    row('strongest mark, of 127.5', ...runs.map(({ counts }) => counts.strongest.toFixed(2)), mostOf(({ counts }) => counts.strongest).toFixed(2)),
    row('frames open at a time, at most', ...runs.map(({ memory }) => mostOpen(memory)), mostOf(({ memory }) => mostOpen(memory))),
  ];
};

export const markdownOf = ({ runs }: SoakResult): string => {
  const last = runs.at(-1);
  if (last === undefined) throw new Error('the soak has not been run');
  const { browser, plan, memory } = last;
  const kinds = [...new Set(runs.flatMap(({ counts }) => Object.keys(counts.faults)))].sort();
  return [
    '# Soak\n\n',
    `Printed by \`scripts/soak\`, the last time in ${browser}: ${String(plan.atOnce)} Bautas at a time on the CPU engine, each on a camera of\n`,
    `${String(plan.fps)} frames a second whose picture has marks one pixel fine. Faults follow one another at random. Every frame that left\n`,
    'was looked at; one in which a mark is found is raw.\n\n',
    ...runsOf(runs),
    '\n## Memory\n\nMedians of the first and the last third of the readings of the last run.\n\n',
    row('', 'early', 'late', ''),
    row('---', '---:', '---:', '---'),
    ...trendOf(memory).map(({ what, early, late, isFlat }) => row(what, early, late, Number.isNaN(late) ? 'not measured' : isFlat ? 'flat' : '**grows**')),
    '\n## Faults\n\n',
    row('fault', 'times, over all runs'),
    row('---', '---:'),
    ...kinds.map((what) => row(what, runs.reduce((sum, { counts }) => sum + (counts.faults[what] ?? 0), 0))),
  ].join('');
};
