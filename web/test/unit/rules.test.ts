/** The table of broken rules is of the rules and the source as they are now. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RULES } from '../../../scripts/lib/rules/mutants.mjs';

const root = new URL('../../../', import.meta.url);
const text = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const mutants = RULES.flatMap(({ rule, mutants }) => mutants.map((mutant) => ({ rule, ...mutant })));

describe('the rules', () => {
  it.each(mutants)('$rule can be broken still: $breaks', ({ file, changes }) => {
    const source = text(file);
    for (const [from, to] of changes) {
      expect(source.split(from), from).toHaveLength(2);
      expect(to).not.toBe(from);
    }
  });

  it('are those of the published table, where every mutant was noticed', () => {
    const { rows } = JSON.parse(text('tests/results/rules.json')) as { rows: { rule: string; breaks: string; killed_by: string[] }[] };
    const key = ({ rule, breaks }: { rule: string; breaks: string }): string => `${rule} ${breaks}`;
    expect(rows.map(key).sort()).toEqual(mutants.map(key).sort());
    expect(rows.filter(({ killed_by }) => killed_by.length === 0)).toEqual([]);
  });
});
