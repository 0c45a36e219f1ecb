// The table of the bench.
//
// A row: { what, ours, peer?, goal? }. `ours` and `peer` are figures { value, unit, spread?, name? } or plain
// words; `goal` is { most } for our own figure, or { ratio } for ours divided by the peer's; `indicative`
// is set where a figure says too little to be held against its goal.

const isFigure = (cell) => typeof cell === 'object' && cell !== null;

const show = (cell) => {
  if (cell === undefined) return '';
  if (!isFigure(cell)) return cell;
  const spread = cell.spread === undefined ? '' : ` (${cell.spread})`;
  const name = cell.name === undefined ? '' : `${cell.name}: `;
  return `${name}${number(cell.value)} ${cell.unit}${spread}`;
};

/** Three digits that count. */
export const number = (value) =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);

/** Ours divided by the peer's, where both are figures. */
export const ratioOf = ({ ours, peer }) =>
  isFigure(ours) && isFigure(peer) && ours.unit === peer.unit ? ours.value / peer.value : undefined;

const verdict = (row) => {
  const { goal, ours } = row;
  if (goal === undefined) return ['', ''];
  const found = goal.ratio === undefined ? (isFigure(ours) ? ours.value : undefined) : ratioOf(row);
  const wanted = goal.ratio === undefined ? `<= ${goal.most} ${ours.unit ?? ''}`.trim() : `<= ${goal.ratio}x`;
  if (found === undefined) return [wanted, 'unknown'];
  if (row.indicative === true) return [wanted, 'indicative only'];
  return [wanted, found <= (goal.ratio ?? goal.most) ? 'met' : 'missed'];
};

export const table = (rows) => {
  const lines = rows.map((row) => {
    const ratio = ratioOf(row);
    const cells = [row.what, show(row.ours), show(row.peer), ratio === undefined ? '' : `${number(ratio)}x`, ...verdict(row)];
    return `| ${cells.join(' | ')} |`;
  });
  const head = '| what | Bauta | peer | ratio | goal | |\n| --- | --- | --- | --- | --- | --- |';
  return `${[head, ...lines].join('\n')}\n`;
};
