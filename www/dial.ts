/** The modes of the demo and the positions of its privacy dial, with what the judge has measured of each. */
import type { Ledger, MosaicOptions } from 'bauta';
import { find, write } from './elements.js';

/** One measured share, with its interval. */
interface Figure {
  readonly set: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly chance: number;
  readonly n: number;
  /** The same on raw clips. */
  readonly raw: number | null;
  readonly effort: string;
}

interface Position {
  readonly label: string;
  readonly model?: string;
  /** So many cells along the height of a frame. */
  readonly mosaic?: { readonly cells: number; readonly epsilon: number };
  readonly action: Figure | null;
  readonly identity: Figure | null;
}

type Mode = 'learned' | 'dp' | 'mosaic';

/** What each mode guarantees. */
const GUARANTEES: Readonly<Record<Mode, string>> = {
  learned: 'A trained network draws anew what is shown. What still leaks was measured; nothing is proved.',
  dp: 'A pattern drawn from a few noisy numbers at a time: what a release tells anybody is bounded, and the ledger adds it up.',
  mosaic: 'Cells with noise, without any model. What a few pixels show is bounded for each frame, and frames add up fast.',
};

/** The frames that the demo asks for. */
const HEIGHT = 480;
/** As when it was judged: the promise is about a square of this share of the side. */
const HIDDEN = 16;

const dial = find('dial', HTMLInputElement);
const modes = find('modes', HTMLFieldSetElement);

const positions = (await (await fetch('trade-offs.json')).json()) as Readonly<Record<Mode, readonly Position[]>>;

const mode = (): Mode => (modes.querySelector<HTMLInputElement>(':checked')?.value ?? 'learned') as Mode;

const position = (): Position | undefined => positions[mode()][Number(dial.value)];

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

const sentence = (what: string, { value, low, high, chance, raw }: Figure): string =>
  `${what}: ${percent(value)} [${percent(low)}, ${percent(high)}]; raw ${raw === null ? '–' : percent(raw)}, chance ${percent(chance)}.`;

const show = (): void => {
  const found = position();
  write('guarantee', GUARANTEES[mode()]);
  write('dial-name', found?.label ?? 'no model of this mode is published');
  if (found === undefined) write('trade-off', '');
  else if (found.action === null || found.identity === null) write('trade-off', 'Not judged yet.');
  else {
    const { action, identity } = found;
    write('trade-off', [
      sentence('The action is still named', action),
      sentence('A retrained attacker names the person', identity),
      `${action.set}, n ${String(action.n)} and ${String(identity.n)}, ${action.effort} effort.`,
    ].join(' '));
  }
};

/** A mosaic as it was judged, for the frames of the demo. */
const mosaicOf = ({ cells, epsilon }: NonNullable<Position['mosaic']>): MosaicOptions =>
  ({ mode: 'mosaic', cell: Math.round(HEIGHT / cells), neighbourhood: Math.round(HEIGHT / HIDDEN) ** 2, epsilon });

/** What to ask a Bauta for, as the dial stands. */
export const chosen = (): string | MosaicOptions => {
  const { model, mosaic } = position() ?? {};
  return mosaic === undefined ? model ?? 'bauta-s' : mosaicOf(mosaic);
};

/** Whether what is chosen makes releases, which are counted. */
export const counts = (): boolean => mode() !== 'learned';

/** The mosaic that stands in for a model: of those judged the one that hides most. */
export const standIn = (): MosaicOptions => {
  const { mosaic } = positions.mosaic.at(-1) ?? {};
  return mosaic === undefined ? { mode: 'mosaic' } : mosaicOf(mosaic);
};

/** Calls `change` when somebody has moved the dial, or chosen another mode. */
export const onChoice = (change: () => void): void => {
  const turn = (): void => {
    show();
    change();
  };
  modes.addEventListener('change', () => {
    const most = Math.max(0, positions[mode()].length - 1);
    dial.max = String(most);
    dial.value = '0';
    dial.disabled = most === 0;
    turn();
  });
  dial.addEventListener('input', show);
  dial.addEventListener('change', turn);
};

const shown = (value: number | null): string => (value === null ? 'without bound' : value.toFixed(2));

/** Two inputs as a sentence calls them: without the name of their relation. */
const named = (relation: string): string => relation.replace(/^\w+: /, '');

/** The live ledger: what was released, and what that can tell at most. */
export const showLedgers = (ledgers: readonly Ledger[]): void => {
  find('ledger', HTMLElement).hidden = ledgers.length === 0;
  const lines = ledgers.map(({ unit, relation, releases, mu, epsilon, delta, left }) =>
    Object.assign(document.createElement('li'), {
      textContent: `${String(releases)} × ${unit}: epsilon ${shown(epsilon)} at delta ${String(delta)} (mu ${shown(mu)})` +
        `${left === null ? '' : `, ${String(left)} left`}. Who sees them cannot well tell apart ${named(relation)}.`,
    }));
  find('ledgers', HTMLElement).replaceChildren(...lines);
  const [first] = ledgers;
  write('spent', first === undefined ? '–' : `epsilon ${shown(first.epsilon)}`);
};

for (const input of modes.querySelectorAll('input')) input.disabled = positions[input.value as Mode].length === 0;
dial.max = String(Math.max(0, positions.learned.length - 1));
dial.disabled = positions.learned.length < 2;
show();
