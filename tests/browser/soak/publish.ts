/** The soak as it is asked for by `scripts/soak`; writes what was found to `tests/results/`. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { publish, results } from '../results.js';
import { UNSEEN } from '../camera.js';
import type { Counts } from './page.js';
import { soak } from './run.js';
import { MAY_BE_OPEN, markdownOf, mostOpen, trendOf } from './table.js';
import type { SoakResult, SoakRun } from './table.js';

const minutes = Number(process.env.BAUTA_SOAK_MINUTES);
const seed = Number(process.env.BAUTA_SOAK_SEED ?? 1);

const commit = (): string => {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: results, encoding: 'utf8' }).trim();
  return git('rev-parse', '--short=12', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '+');
};

const line = ({ sessions, framesIn, faultedFrames, framesOut, raw }: Counts): string =>
  `${String(sessions)} Bautas, ${String(framesIn)} frames in, ${String(faultedFrames)} of them faulted, ${String(framesOut)} out, ${String(raw)} raw`;

/** The runs that are published already: a run adds to them, and takes none away. */
const published = (): readonly SoakRun[] => {
  const file = `${results}soak.json`;
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as SoakResult).runs : [];
};

test('lets nothing raw out and keeps nothing, for as long as it is asked to', { timeout: 60_000 * (minutes + 5) }, async () => {
  if (!(minutes > 0)) throw new Error(`BAUTA_SOAK_MINUTES is a number of minutes above 0, not '${String(process.env.BAUTA_SOAK_MINUTES)}'`);
  const made = commit();
  const plan = { minutes, seed, atOnce: 2, fps: 120, sessionS: 60, unseen: UNSEEN };
  const found = await soak(plan, {
    onProgress: (counts, { minute, page_mb, open_frames }) => {
      const left = Math.max(0, minutes - minute).toFixed(1);
      console.info(`${minute.toFixed(1)} min, ${left} left: ${line(counts)}; ${String(page_mb)} MB, ${String(open_frames)} frames open`);
    },
  });
  const run: SoakRun = { made_by: `scripts/soak ${String(minutes)} --seed ${String(seed)}`, commit: made, plan, ...found };
  const result: SoakResult = { format: 2, runs: [...published(), run] };
  publish('soak.json', `${JSON.stringify(result, null, 1)}\n`);
  publish('soak.md', markdownOf(result));
  console.info(`${line(found.counts)}\nwritten: tests/results/soak.json, tests/results/soak.md`);
  expect(found.counts.raw, 'raw frames that left').toBe(0);
  expect(found.counts.complaints).toEqual([]);
  expect(found.complaints).toEqual([]);
  expect(mostOpen(found.memory), 'frames open at a time').toBeLessThanOrEqual(MAY_BE_OPEN * plan.atOnce);
  for (const trend of trendOf(found.memory)) expect(trend.isFlat, `${trend.what}: ${String(trend.early)} early, ${String(trend.late)} late`).toBe(true);
});
