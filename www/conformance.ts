import { Bauta } from 'bauta';
import { FAULTS, runConformance } from 'bauta/conformance';
import type { Filter, Row } from 'bauta/conformance';
import { find, showError, write } from './elements.js';

const button = find('run', HTMLButtonElement);

let made: Bauta | undefined;

/** Bauta as the demo uses it. Engines that are spoilt on purpose are for the project's own tests. */
const bauta: Filter = {
  name: 'bauta',
  version: 'this page’s',
  stubbed: [],
  ailments: [],
  async start(camera) {
    made = await Bauta.create();
    return made.attach(camera);
  },
  close: () => made?.close(),
};

const cell = (text: string, tag = 'td'): HTMLElement => Object.assign(document.createElement(tag), { textContent: text });

const lines = new Map<string, HTMLTableRowElement>();

/** One line for each fault, empty until it was run. */
const drawTable = (): void => {
  for (const { name, rule, says } of FAULTS) {
    const line = document.createElement('tr');
    const head = cell('', 'th');
    head.append(cell(`${name} (${rule})`, 'b'), cell(says, 'small'));
    line.append(head, ...Array.from({ length: 5 }, () => cell('')));
    lines.set(name, line);
  }
  find('rows', HTMLElement).replaceChildren(...lines.values());
};

const show = (row: Row): void => {
  const counts = [row.frames, row.raw, row.slate, row.anonymized].map((count) => (row.ran ? String(count) : '–'));
  const note = row.ran ? row.note : 'not run: needs an engine spoilt for it';
  const line = lines.get(row.fault);
  line?.replaceChildren(...[...line.children].slice(0, 1), ...[...counts, note].map((text) => cell(text)));
  if (line) line.dataset.verdict = row.ran ? (row.raw === 0 ? 'good' : 'bad') : 'none';
};

const sum = (rows: readonly Row[], of: 'frames' | 'raw'): number => rows.reduce((all, row) => all + row[of], 0);

const run = async (): Promise<void> => {
  button.disabled = true;
  drawTable();
  write('verdict', 'Running …');
  try {
    const rows = await runConformance(bauta, { onRow: show });
    const ran = rows.filter((row) => row.ran);
    const engine = made?.report().engine?.kind === 'webgpu' ? 'the GPU' : 'the processor';
    const [raw, frames, faults] = [sum(ran, 'raw'), sum(ran, 'frames'), ran.length].map(String);
    write('verdict', `${raw ?? ''} raw among ${frames ?? ''} frames in ${faults ?? ''} faults, on ${engine}.`);
  } catch (cause) {
    showError(cause);
    write('verdict', '');
  } finally {
    button.disabled = false;
  }
};

drawTable();
button.addEventListener('click', () => void run());
