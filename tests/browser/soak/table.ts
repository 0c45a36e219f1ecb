/** The soak's result as people read it. */
import type { Plan } from './page.js';
import type { Found, Memory } from './run.js';

export interface SoakResult extends Found {
  readonly format: 1;
  readonly made_by: string;
  /** The commit it ran on; `+` where files were changed. */
  readonly commit: string;
  readonly plan: Plan;
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

export const markdownOf = ({ made_by, commit, browser, plan, counts, memory, complaints }: SoakResult): string => {
  const faults = Object.entries(counts.faults).sort(([a], [b]) => (a < b ? -1 : 1));
  const row = (...cells: (string | number)[]): string => `| ${cells.map(String).join(' | ')} |\n`;
  return [
    '# Soak\n\n',
    `Printed by \`${made_by}\` at commit ${commit} in ${browser}: ${String(plan.minutes)} minutes, ${String(plan.atOnce)} Bautas at a time on the CPU\n`,
    `engine, each on a camera of ${String(plan.fps)} frames a second whose picture has marks one pixel fine. Faults follow one another at random.\n`,
    'Every frame that left was looked at; one in which a mark is found is raw.\n\n',
    row('', 'count'),
    row('---', '---:'),
    row('Bautas made and closed', counts.sessions),
    row('camera frames', counts.framesIn),
    row('of them while something was wrong', counts.faultedFrames),
    row('frames that left', counts.framesOut),
    row('slates', counts.slates),
    row('anonymized', counts.anonymized),
    row('**raw**', `**${String(counts.raw)}**`),
    row('strongest mark, of 127.5', counts.strongest.toFixed(2)),
    row('frames open at a time, at most', mostOpen(memory)),
    row('complaints', counts.complaints.length + complaints.length),
    '\n## Memory\n\nMedians of the first and the last third of the readings.\n\n',
    row('', 'early', 'late', ''),
    row('---', '---:', '---:', '---'),
    ...trendOf(memory).map(({ what, early, late, isFlat }) => row(what, early, late, isFlat ? 'flat' : '**grows**')),
    '\n## Faults\n\n',
    row('fault', 'times'),
    row('---', '---:'),
    ...faults.map(([what, times]) => row(what, times)),
  ].join('');
};
