/** What the steps share: buttons, tables, and verdicts. */
import { find, showError, write } from '../elements.js';

export const button = (id: string): HTMLButtonElement => find(id, HTMLButtonElement);

/** Calls `act` when a button is pressed; what goes wrong is shown. */
export const onPress = (id: string, act: () => unknown): void => {
  button(id).addEventListener('click', () => {
    showError(null);
    Promise.resolve().then(act).catch(showError);
  });
};

/** `good`: the claim holds so far. `bad`: it does not. `warn`: the check says nothing. `wait`: too early. */
export type VerdictKind = 'good' | 'bad' | 'warn' | 'wait';

export interface Verdict {
  readonly kind: VerdictKind;
  readonly why: string;
}

const WORDS: Readonly<Record<VerdictKind, string>> = { good: 'Holds', bad: 'Broken', warn: 'Unclear', wait: 'Not yet' };

/** Shows a step's verdict, in words and by colour. */
export const judge = (step: string, { kind, why }: Verdict): void => {
  write(step, `${WORDS[kind]}: ${why}`);
  find(step, HTMLElement).dataset.verdict = kind;
};

/** A line of a table; the first text is its head. */
export const line = (texts: readonly string[]): HTMLTableRowElement => {
  const row = document.createElement('tr');
  const cells = texts.map((text, index) => {
    const cell = document.createElement(index === 0 ? 'th' : 'td');
    if (index === 0) cell.setAttribute('scope', 'row');
    cell.textContent = text;
    return cell;
  });
  row.append(...cells);
  return row;
};

export const count = (value: number): string => value.toLocaleString('en');
