// Runs the parts of the bench, prints one table and writes target/bench/bench.json. Called by scripts/bench.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { measureEngines } from './engine.mjs';
import { root } from './places.mjs';
import { measureSizes } from './size.mjs';
import { table } from './table.mjs';
import { measureTraining } from './train.mjs';

/** In order; each gives rows for the table and notes to print below it. */
const PARTS = { engine: measureEngines, size: measureSizes, train: measureTraining };

const optionsOf = (words) => {
  const at = words.indexOf('--only');
  return { quick: words.includes('--quick'), only: at < 0 ? undefined : words[at + 1] };
};

const load = () => loadavg().map((minutes) => minutes.toFixed(1)).join(' ');

const main = async () => {
  const { quick, only } = optionsOf(process.argv.slice(2));
  const report = { date: new Date().toISOString(), quick, machine: machine(), rows: [], notes: [] };
  for (const [name, measure] of Object.entries(PARTS)) {
    if (only !== undefined && only !== name) continue;
    console.error(`bench: ${name}`);
    const before = load();
    const { rows, notes } = await measure({ quick });
    report.rows.push(...rows.map((row) => ({ part: name, ...row })));
    report.notes.push(...notes, `load average (1, 5, 15 minutes) during ${name}: ${before} before, ${load()} after`);
  }
  report.notes.push(`${report.machine}; ${quick ? 'quick run, ' : ''}${report.date}`);
  console.log(table(report.rows));
  for (const note of report.notes) console.log(`- ${note}`);
  console.log(`\nAll figures: ${await write(report)}`);
};

const machine = () => {
  const [first] = cpus();
  return `${cpus().length} cores, ${first?.model.trim() ?? 'unknown processor'}, ${process.platform}`;
};

/** Writes the report whole or not at all, and gives its path. */
const write = async (report) => {
  const path = `${root}/target/bench/bench.json`;
  await mkdir(`${root}/target/bench`, { recursive: true });
  await writeFile(`${path}.new`, `${JSON.stringify(report, null, 2)}\n`);
  await rename(`${path}.new`, path);
  return path;
};

main().catch((cause) => {
  console.error(`bench: ${cause.message}`);
  process.exitCode = 1;
});
