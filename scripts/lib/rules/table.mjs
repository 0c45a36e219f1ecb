// The table of rules as people read it.

const cell = (text) => text.replaceAll('|', '\\|');

const list = (names) => names.map((name) => cell(name)).join('<br>');

export const markdownOf = (rows) => [
  '# The fail-closed rules\n\n',
  'Printed by `scripts/rules`. Each rule was broken on purpose, by a small change of the source, and its tests were run\n',
  'before and after: they pass on the source as it is, and those named fail on the mutant.\n\n',
  '| rule | says | broken by | in | noticed by |\n',
  '| --- | --- | --- | --- | --- |\n',
  ...rows.map(({ rule, says, file, breaks, killed_by, verdict }) =>
    `| ${rule} | ${cell(says)} | ${cell(breaks)} | \`${file}\` | ${killed_by.length > 0 ? list(killed_by) : `**${verdict}**`} |\n`),
].join('');
