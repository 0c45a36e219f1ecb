/** Runs every filter through every fault and writes what was found to `tests/results/`. */
import { expect, test } from 'vitest';
import { FAULTS, markdownOf } from '../../../web/src/conformance.js';
import type { Row } from '../../../web/src/conformance.js';
import { publish } from '../results.js';
import { VERSIONS, run } from './run.js';
import type { FilterName } from './run.js';

/** The table, and what a reader must know of it. */
const page = (browser: string, rows: readonly Row[]): string => {
  const stubbed = [...new Map(rows.map((row) => [row.filter, row])).values()].filter((row) => row.stubbed.length > 0);
  const faults = FAULTS.map(({ name, rule, says }) => `- **${name}** (${rule}): ${says}\n`);
  return [
    '# Conformance of browser video filters\n\n',
    `Printed by \`npm --prefix web run conformance\` in ${browser}.\n\n`,
    'Each fault starts the filter anew on a synthetic camera whose picture has marks one pixel fine. Every frame is counted\n',
    'from the moment the output track exists. `raw`: a mark is in it. `slate`: it has one colour. `anonymized`: anything else,\n',
    'no mark is left in it, which says nothing of how well people are hidden. `pass-through` and `black` are controls.\n\n',
    markdownOf(rows),
    '\n## What is not the real thing\n\n',
    ...stubbed.map((row) => `- ${row.filter} ${row.version}: ${row.stubbed.join('; ')}\n`),
    '\nThe counts are of what these filters do around their segmenter, not of how well it finds people.\n',
    '\n## The faults\n\n',
    ...faults,
  ].join('');
};

test('runs every filter through every fault', { timeout: 900_000 }, async () => {
  const names = Object.keys(VERSIONS) as FilterName[];
  const rows: Row[] = [];
  let browser = '';
  for (const name of names) {
    const isControl = name === 'passThrough' || name === 'black';
    const found = await run({ filters: [name], settleMs: isControl ? 500 : 10_000 });
    rows.push(...found.rows);
    ({ browser } = found);
    console.info(markdownOf(found.rows));
  }
  expect(rows).toHaveLength(names.length * FAULTS.length);
  const json = { made_by: 'npm --prefix web run conformance', browser, rows };
  publish('conformance.json', `${JSON.stringify(json, null, 1)}\n`);
  publish('conformance.md', page(browser, rows));
});
