import { BautaError } from './faults.js';

const [DATABASE, STORE] = ['bauta', 'ledgers'];

/** Where one origin keeps the ledgers of one name. Nobody else has them meanwhile: two pages would each spend the budget. */
export class Shelf {
  readonly #name: string;
  readonly #database: IDBDatabase;
  readonly #free: () => void;

  private constructor(name: string, database: IDBDatabase, free: () => void) {
    this.#name = name;
    this.#database = database;
    this.#free = free;
  }

  /** Throws `bad-ledger` where another page has it, or this browser keeps nothing. */
  static async open(name: string): Promise<Shelf> {
    const free = await held(`${DATABASE} ledger ${name}`);
    if (free === undefined) {
      throw new BautaError('bad-ledger', `the ledger '${name}' is in use by another page of this site; close that one, or remember another name`);
    }
    try {
      const opening = indexedDB.open(DATABASE, 1);
      opening.onupgradeneeded = () => { opening.result.createObjectStore(STORE); };
      return new Shelf(name, await done(opening), free);
    } catch (cause) {
      free();
      throw new BautaError('bad-ledger', "this browser keeps no ledger here (private browsing?); leave out budget.remember", { cause });
    }
  }

  async read(): Promise<readonly object[]> {
    const kept = await done(this.#database.transaction(STORE).objectStore(STORE).get(this.#name)) as readonly object[] | undefined;
    return kept ?? [];
  }

  async write(kept: readonly object[]): Promise<void> {
    const transaction = this.#database.transaction(STORE, 'readwrite');
    const finished = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => { resolve(); };
      transaction.onabort = () => { reject(transaction.error ?? new Error('it was broken off')); };
    });
    transaction.objectStore(STORE).put(kept, this.#name);
    await finished;
  }

  close(): void {
    this.#database.close();
    this.#free();
  }
}

/** Takes a lock and gives the way to free it; `undefined` where somebody else has it. */
const held = (name: string): Promise<(() => void) | undefined> =>
  new Promise((resolve, reject) => {
    navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      if (lock === null) {
        resolve(undefined);
        return undefined;
      }
      return new Promise<void>((free) => { resolve(free); });
    }).catch(reject);
  });

const done = <Result>(request: IDBRequest<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => { resolve(request.result); };
    request.onerror = () => { reject(request.error ?? new Error('the request failed')); };
  });
