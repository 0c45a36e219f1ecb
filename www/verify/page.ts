/** What the steps share: the elements of the page, and verdicts. */

/** The element of this name and kind. Throws where the page has none. */
export const find = <Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind => {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`the page has no ${id}`);
};

/** Writes a text where it is not there already: what is read aloud is not read again. */
export const write = (id: string, text: string): void => {
  const element = find(id, HTMLElement);
  if (element.textContent !== text) element.textContent = text;
};

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

export const sentenceOf = (cause: unknown): string => {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/** Shows what went wrong; `null` where nothing does any more. */
export const showError = (cause: unknown): void => {
  find('error', HTMLElement).hidden = cause === null;
  write('error', cause === null ? '' : sentenceOf(cause));
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
