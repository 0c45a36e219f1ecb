// What the positions of the demo's privacy dial are, and what the judge has measured of each: nothing here is typed by hand.
import { readFile, readdir } from 'node:fs/promises';

const root = new URL('../', import.meta.url);
const SET = 'weizmann64';
const KEPT = 'action, top-1';
const TOLD = ['identity across actions, top-1', 'identity within a session, top-1'];

const json = async (path) => JSON.parse(await readFile(new URL(path, root), 'utf8'));

/** The report of that name, or none. */
const report = async (name) => json(`models/results/${name}.report.json`).catch(() => undefined);

const rowOf = ({ rows }, method, measure) =>
  rows.find((row) => row.dataset === SET && row.method === method && row.measure === measure && row.protocol === 'retrained');

const figure = (judged, method, measure) => {
  const found = rowOf(judged, method, measure);
  if (found === undefined) return undefined;
  const { value, low, high, chance, n } = found;
  return { set: SET, value, low, high, chance, n, raw: rowOf(judged, 'raw', measure)?.value ?? null, effort: judged.subject.effort };
};

/** What the strongest attacker tells of people: the measure that is furthest above chance. */
const worst = (judged, method) => {
  const all = TOLD.map((measure) => figure(judged, method, measure)).filter(Boolean);
  return all.sort((a, b) => b.value - b.chance - (a.value - a.chance))[0];
};

const measured = (judged, method) => (judged ? { action: figure(judged, method, KEPT) ?? null, identity: worst(judged, method) ?? null } : { action: null, identity: null });

/** How much is told of people at a position; what nobody has judged is offered last. */
const told = ({ identity }) => (identity === null ? -1 : identity.value - identity.chance);

/** The models that are published, each with its report where it has one, from what tells most to what tells least. */
const models = async () => {
  const names = (await readdir(new URL('models/', root))).filter((name) => name.endsWith('.bpk')).map((name) => name.slice(0, -4));
  const all = await Promise.all(names.map(async (name) => {
    const { mode, promise } = await json(`models/${name}.json`);
    const mu = promise?.mu_per_release;
    const label = promise ? `${name}, mu ${mu} a release` : name;
    const position = { mode, label, model: name, ...measured(await report(name), name) };
    return { position, told: promise ? mu : told(position) };
  }));
  return all.sort((a, b) => b.told - a.told).map(({ position }) => position);
};

/** Grey mosaics, judged by the share of the frame that a cell is. */
const mosaics = async () => {
  const judged = await report('mosaic');
  const names = new Set(judged?.rows.map(({ method }) => method).filter((method) => method.startsWith('mosaic ')));
  const all = [...names].map((method) => {
    const [, cells, epsilon] = method.split(' ').map(Number);
    return { mode: 'mosaic', label: `${cells} × ${cells} cells, epsilon ${epsilon} a frame`, mosaic: { cells, epsilon }, ...measured(judged, method) };
  });
  return all.sort((a, b) => b.mosaic.epsilon - a.mosaic.epsilon);
};

/** Positions of the dial, each mode's from what shows most to what hides most. */
export const tradeOffs = async () => {
  const positions = [...(await models()), ...(await mosaics())];
  const of = (wanted) => positions.filter(({ mode }) => mode === wanted);
  return { learned: of('learned'), dp: of('dp'), mosaic: of('mosaic') };
};
