// Runs every mutant and prints the table; see scripts/rules.
import { mkdir, rename, writeFile } from 'node:fs/promises';
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

/** Runs the tests of one mutant on it, given what they did on the source as it is. */
const judge = async (copy, { rule, says }, { file, change, breaks, tests }, before) => {
  const began = Date.now();
  const isSound = before.length > 0 && before.every(({ passed }) => passed);
  const after = isSound ? await copy.mutated(file, change, () => copy.run(tests)) : [];
  const killers = after.filter(({ passed }) => !passed).map(({ name }) => name);
  const verdict = killers.length > 0 ? 'killed' : isSound ? 'LIVES' : 'not judged: its tests fail without it, or there are none';
  console.log(`${rule} ${breaks}: ${verdict} (${Math.round((Date.now() - began) / 1000)} s)`);
  return { rule, says, file, breaks, tests: before.map(({ name }) => name), killed_by: killers, verdict };
};

const main = async () => {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  const rules = RULES.filter(({ rule }) => values.only === undefined || rule === values.only);
  if (rules.length === 0) throw new Error(`there is no rule ${values.only}; rules are ${RULES.map(({ rule }) => rule).join(', ')}`);
  const copy = await Copy.make();
  const rows = [];
  try {
    const mutants = rules.flatMap((rule) => rule.mutants.map((mutant) => ({ rule, mutant })));
    console.log(`${mutants.length} mutants; first their tests on the source as it is`);
    const before = [];
    for (const { mutant } of mutants) {
      const ran = await copy.run(mutant.tests);
      before.push(ran);
      for (const { name, passed } of ran) if (!passed) console.log(`fails on the source as it is: ${name}`);
    }
    for (const [at, { rule, mutant }] of mutants.entries()) rows.push(await judge(copy, rule, mutant, before[at]));
  } finally {
    await copy.remove();
  }
  const living = rows.filter(({ verdict }) => verdict !== 'killed');
  console.log(`${rows.length - living.length} of ${rows.length} mutants killed`);
  if (values.only === undefined) {
    await write('rules.json', `${JSON.stringify({ made_by: 'scripts/rules', rows }, null, 1)}\n`);
    await write('rules.md', markdownOf(rows));
    console.log('written: tests/results/rules.json, tests/results/rules.md');
  }
  if (living.length > 0) process.exitCode = 1;
};

main().catch((cause) => {
  console.error(`rules: ${cause.message}`);
  process.exitCode = 1;
});
