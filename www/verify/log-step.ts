/** Step 4: the audit log, verified here, spoilt on purpose, saved, read back and erased. */
import type { AuditLog, Bauta } from 'bauta';
import { verifyLog } from 'bauta/log';
import type { LogEntry, LogVerdict } from 'bauta/log';
import { find, showError } from '../elements.js';
import { button, judge, line, onPress } from './page.js';

const HASH = /^[0-9a-f]{64}$/;

/** A log that was changed in one place, and what was changed. */
interface Tampered {
  readonly log: AuditLog;
  readonly what: string;
}

const rows = (): HTMLElement => find('log-rows', HTMLElement);
const noted = (): HTMLInputElement => find('noted', HTMLInputElement);

const short = (value: unknown): string => (HASH.test(String(value)) ? `${String(value).slice(0, 12)}…` : String(value));

const textOf = (data: unknown): string =>
  typeof data === 'object' && data !== null ? Object.entries(data).map(([name, value]) => `${name} ${short(value)}`).join(', ') : '';

/** Any file may be looked at: nothing of an entry can be relied on but that it is an object. */
const rowOf = ({ seq, at, kind, data, hash }: Partial<LogEntry>): HTMLTableRowElement =>
  line([String(seq), String(at).slice(11, 19), String(kind), textOf(data), short(hash)]);

const showEntries = (log: unknown, wrong: number): void => {
  const entries = (log as Partial<AuditLog> | null)?.entries;
  const lines = Array.isArray(entries) ? entries.map((entry: unknown) => rowOf((entry ?? {}) as Partial<LogEntry>)) : [];
  const spoilt = lines[wrong];
  if (spoilt) {
    spoilt.dataset.wrong = '';
    spoilt.cells[0]?.append(Object.assign(document.createElement('small'), { textContent: 'does not fit' }));
  }
  rows().replaceChildren(...lines);
  const scroll = rows().closest('.scroll');
  if (scroll) scroll.scrollTop = spoilt ? spoilt.offsetTop - scroll.clientHeight / 2 : scroll.scrollHeight;
};

/** A number of the log's last counts, or else of its last entry that has one, raised by one. */
const tamper = (log: AuditLog): Tampered => {
  const changed = structuredClone(log);
  const numbered = changed.entries.filter(({ data }) => Object.values(data).some((value) => typeof value === 'number'));
  const entry = numbered.findLast(({ kind }) => kind === 'counts') ?? numbered.at(-1);
  const [name, value] = Object.entries(entry?.data ?? {}).find(([, value]) => typeof value === 'number') ?? [];
  if (entry === undefined || name === undefined) throw new Error('the log has no number yet; wait for some frames');
  Object.assign(entry.data, { [name]: Number(value) + 1 });
  return { log: changed, what: `${name} of entry ${String(entry.seq)}, ${String(value)} made ${String(Number(value) + 1)}` };
};

/** The step, on the Bauta there is at the time. */
export class LogStep {
  readonly #bauta: () => Bauta | undefined;

  constructor(bauta: () => Bauta | undefined) {
    this.#bauta = bauta;
    onPress('verify-log', () => this.read());
    onPress('tamper', async () => {
      const { log, what } = tamper(await this.#log());
      await this.#verify(log, `A copy with ${what}`);
    });
    onPress('save-log', async () => { save(await this.#log()); });
    onPress('erase-log', async () => {
      await this.#existing().eraseLog();
      const log = await this.#existing().log().catch(() => null); // after the end there is no new one
      if (log) await this.#verify(log, 'The log that begins after the erasure');
      else {
        showEntries(null, -1);
        judge('log', { kind: 'wait', why: 'the log is erased.' });
        this.enable(false);
      }
    });
    onPress('note-head', async () => {
      noted().value = (await this.#log()).entries.at(-1)?.hash ?? '';
    });
    onPress('add-note', async () => {
      const field = find('sentence', HTMLInputElement);
      if (field.value.trim() === '') throw new Error('write a sentence first');
      this.#existing().note(field.value);
      field.value = '';
      await this.read();
    });
    const file = find('log-file', HTMLInputElement);
    file.addEventListener('change', () => {
      const [chosen] = file.files ?? [];
      if (chosen) this.#readFile(chosen).catch(showError).finally(() => { file.value = ''; });
    });
  }

  /** Shows the log as it is now, and what is found of it. */
  async read(): Promise<void> {
    await this.#verify(await this.#log(), 'The log of this page');
  }

  /** Whether there is a log. */
  enable(hasLog: boolean): void {
    for (const id of ['verify-log', 'tamper', 'save-log', 'erase-log', 'note-head', 'add-note']) button(id).disabled = !hasLog;
  }

  async #readFile(file: File): Promise<void> {
    let log: unknown;
    try {
      log = JSON.parse(await file.text());
    } catch {
      showEntries(null, -1);
      judge('log', { kind: 'bad', why: `${file.name} is no JSON.` });
      return;
    }
    await this.#verify(log, file.name);
  }

  async #verify(log: unknown, name: string): Promise<void> {
    const head = noted().value.trim().toLowerCase();
    if (head !== '' && !HASH.test(head)) throw new Error('a noted hash has 64 hex digits');
    const verdict = await verifyLog(log, head === '' ? undefined : head);
    showEntries(log, verdict.ok ? -1 : verdict.at);
    judge('log', { kind: verdict.ok ? 'good' : 'bad', why: `${name}: ${sentence(verdict, head !== '')}` });
  }

  #log(): Promise<AuditLog> {
    return this.#existing().log();
  }

  #existing(): Bauta {
    const bauta = this.#bauta();
    if (bauta) return bauta;
    throw new Error('there is no log yet; start it');
  }
}

const sentence = (verdict: LogVerdict, hasHead: boolean): string => {
  if (!verdict.ok) return `refused, ${verdict.why}.`;
  const dropped = verdict.dropped > 0 ? `, and ${String(verdict.dropped)} left out before them` : '';
  return `${String(verdict.entries)} entries, each in its place and as it was written${dropped}${hasHead ? '; the hash you noted is in it' : ''}.`;
};

/** Gives the log to the visitor as a file. */
const save = (log: AuditLog): void => {
  const href = URL.createObjectURL(new Blob([JSON.stringify(log, null, 2)], { type: 'application/json' }));
  const link = Object.assign(document.createElement('a'), { href, download: 'bauta-log.json' });
  link.click();
  setTimeout(() => { URL.revokeObjectURL(href); }, 1000);
};
