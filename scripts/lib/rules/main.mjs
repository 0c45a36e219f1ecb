// Runs every mutant and prints the table; see scripts/rules.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Copy } from './copy.mjs';
import { RULES } from './mutants.mjs';
import { markdownOf } from './table.mjs';

const results = new URL('../../../tests/results/', import.meta.url);

const write = async (name, text) => {
  await mkdir(results, { recursive: true });
  await writeFile(new URL(`.${name}`, results), text);
  await rename(new URL(`.${name}`, results), new URL(name, results));
};

/** The rows that stand in the table now. */
const published = async () => {
  const json = await readFile(new URL('rules.json', results), 'utf8').catch(() => '{"rows":[]}');
  return JSON.parse(json).rows;
};

/** Puts the rows of a rule in the place of those that stand in the table. */
const publish = async (rule, rows) => {
  const others = (await published()).filter((row) => row.rule !== rule);
  const all = [...others, ...rows].sort((a, b) => Number(a.rule.slice(1)) - Number(b.rule.slice(1)));
  await write('rules.json', `${JSON.stringify({ made_by: 'scripts/rules', rows: all }, null, 1)}\n`);
  await write('rules.md', markdownOf(all));
};

/** Runs the tests of a rule on the source as it is, and on each mutant. */
const judge = async (copy, { rule, says, mutants }) => {
  await copy.build();
  const before = [];
  for (const { tests } of mutants) before.push(await copy.run(tests));
  const rows = [];
  for (const [at, { file, changes, breaks, tests }] of mutants.entries()) {
    const began = Date.now();
    const isSound = before[at].length > 0 && before[at].every(({ passed }) => passed);
    const after = isSound ? await copy.mutated(file, changes, () => copy.run(tests)) : [];
    const killers = after.filter(({ passed }) => !passed).map(({ name }) => name);
    const verdict = killers.length > 0 ? 'killed' : isSound ? 'LIVES' : 'not judged: its tests fail without it, or there are none';
    console.log(`${rule} ${breaks}: ${verdict} (${Math.round((Date.now() - began) / 1000)} s)`);
    rows.push({ rule, says, file, breaks, tests: before[at].map(({ name }) => name), killed_by: killers, verdict });
  }
  return rows;
};

const main = async () => {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  const rules = RULES.filter(({ rule }) => values.only === undefined || rule === values.only);
  if (rules.length === 0) throw new Error(`there is no rule ${values.only}; rules are ${RULES.map(({ rule }) => rule).join(', ')}`);
  const copy = await Copy.make();
  const all = [];
  try {
    for (const rule of rules) {
      const rows = await judge(copy, rule);
      await publish(rule.rule, rows);
      all.push(...rows);
    }
  } finally {
    await copy.remove();
  }
  const killed = all.filter(({ verdict }) => verdict === 'killed');
  console.log(`${killed.length} of ${all.length} mutants killed\nwritten: tests/results/rules.json, tests/results/rules.md`);
  if (killed.length < all.length) process.exitCode = 1;
};

main().catch((cause) => {
  console.error(`rules: ${cause.message}`);
  process.exitCode = 1;
});
