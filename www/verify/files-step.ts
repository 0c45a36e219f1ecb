/** Step 5: the files that the engine ran on, by the log, as they are served now, and as the list has them. */
import type { AuditLog, Bauta } from 'bauta';
import { find, write } from '../elements.js';
import { judge, line, onPress } from './page.js';

/** A file of the demo, and its hash in the log. */
interface Used {
  readonly path: string;
  readonly logged: string;
}

const sha256 = async (bytes: ArrayBuffer): Promise<string> =>
  [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** What the last engine of the log ran on. Throws where none was ready yet. */
const usedBy = (log: AuditLog): Used[] => {
  const data = log.entries.findLast(({ kind }) => kind === 'engine')?.data;
  if (data === undefined) throw new Error('no engine is in the log: start it, and wait for the picture');
  const folder = data.kind === 'webgpu' ? 'bauta/wasm/gpu' : 'bauta/wasm/cpu';
  const model = `bauta/models/${String(data.model)}`;
  const files = { [`${folder}/bauta_bg.wasm`]: data.wasm, [`${folder}/bauta.js`]: data.script, [`${model}.bpk`]: data.weights, [`${model}.json`]: data.card };
  return Object.entries(files).map(([path, logged]) => ({ path, logged: String(logged) }));
};

const served = async (path: string): Promise<ArrayBuffer> => {
  const response = await fetch(path, { cache: 'no-store' }).catch(() => {
    throw new Error('the server cannot be reached: this step needs the network');
  });
  if (!response.ok) throw new Error(`${path} is not served (status ${String(response.status)})`);
  return response.arrayBuffer();
};

/** The list as `sha256sum` writes it: a hash, two spaces and a path in each line. */
const listed = async (): Promise<Map<string, string>> => {
  const text = new TextDecoder().decode(await served('SHA256SUMS'));
  return new Map(text.split('\n').filter(Boolean).map((each) => [each.slice(66), each.slice(0, 64)] as const));
};

const command = (used: readonly Used[]): string =>
  used.map(({ path, logged }) => `curl -sS ${new URL(path, location.href).href} | sha256sum\n# ${logged}`).join('\n');

const compare = async (log: AuditLog): Promise<void> => {
  const used = usedBy(log);
  const list = await listed();
  const found = await Promise.all(used.map(async ({ path, logged }) => {
    const now = await sha256(await served(path));
    return { path, hashes: [logged, now, list.get(path) ?? 'not listed'] };
  }));
  const isSame = ({ hashes }: { readonly hashes: readonly string[] }): boolean => new Set(hashes).size === 1;
  find('file-rows', HTMLElement).replaceChildren(...found.map((file) => {
    const row = line([file.path, ...file.hashes]);
    if (!isSame(file)) row.dataset.wrong = '';
    return row;
  }));
  const different = found.filter((file) => !isSame(file)).map(({ path }) => path);
  if (different.length > 0) judge('files', { kind: 'bad', why: `${different.join(', ')} differ.` });
  else judge('files', { kind: 'good', why: 'what ran, what is served and what is listed are the same, file by file.' });
};

/** Says how the files of a Bauta that runs are compared. */
export const showCommand = async (bauta: Bauta): Promise<void> => {
  write('command', command(usedBy(await bauta.log())));
  judge('files', { kind: 'wait', why: 'press “Compare the files”.' });
};

/** Compares on demand, for the Bauta there is at the time. */
export const filesStep = (bauta: () => Bauta | undefined): void => {
  onPress('compare', async () => {
    const log = await bauta()?.log();
    if (log) await compare(log);
  });
};
