/** Parts of a page, by their names. */

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

export const sentenceOf = (cause: unknown): string => {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/** Shows what went wrong; `null` where nothing does any more. */
export const showError = (cause: unknown): void => {
  find('error', HTMLElement).hidden = cause === null;
  write('error', cause === null ? '' : sentenceOf(cause));
};
