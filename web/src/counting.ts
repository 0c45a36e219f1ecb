import type { Books } from './engine-host.js';
import { BautaError, asFault } from './faults.js';
import type { BudgetOptions, Ledger } from './ledger.js';
import { Shelf } from './shelf.js';

/** A ledger in numbers, and in the form that it is taken up from again. */
type Statement = Ledger & { readonly kept: object };

/**
 * What the engines of one Bauta have released, model after model: a ledger for each kind of release. What an engine
 * released is entered here before the frame leaves.
 */
export class Counting implements Books {
  readonly #budget: BudgetOptions;
  readonly #shelf: Shelf | undefined;
  /** What was kept before, of kinds that no engine has told of yet. */
  readonly #before: readonly object[];
  readonly #statements = new Map<string, Statement>();
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(budget: BudgetOptions, shelf: Shelf | undefined, before: readonly object[]) {
    this.#budget = budget;
    this.#shelf = shelf;
    this.#before = before;
  }

  /** Takes up what this origin remembers, where that is asked for. Throws `bad-ledger` where it cannot. */
  static async open(budget: BudgetOptions = {}): Promise<Counting> {
    const { mu, epsilon, remember } = budget;
    if (mu !== undefined && epsilon !== undefined) throw new BautaError('bad-ledger', 'a budget is of mu or of epsilon, not of both');
    const shelf = remember === undefined ? undefined : await Shelf.open(remember);
    return new Counting(budget, shelf, (await shelf?.read()) ?? []);
  }

  get opening(): string {
    const { mu, epsilon, delta } = this.#budget;
    const budget = mu === undefined ? (epsilon === undefined ? 'none' : { epsilon }) : { mu };
    return JSON.stringify({ budget, delta, kept: this.#kept() });
  }

  enter(text: string): void {
    const statement = JSON.parse(text) as Statement;
    const before = this.#statements.get(kindOf(statement));
    this.#statements.set(kindOf(statement), statement);
    if (this.#shelf === undefined || before?.releases === statement.releases) return;
    const kept = this.#kept();
    this.#writing = this.#writing.then(() => this.#shelf?.write(kept));
    this.#writing.catch(() => undefined); // told by kept()
  }

  async kept(): Promise<void> {
    try {
      await this.#writing;
    } catch (cause) {
      throw new BautaError('bad-ledger', `the ledger cannot be kept (${asFault(cause, 'bad-ledger').message}); nothing is shown that is not counted`, { cause });
    }
  }

  /** What is told of each kind of release. */
  read(): Ledger[] {
    return [...this.#statements.values()].map(({ kept: _, ...ledger }) => ledger);
  }

  /** The numbers for the audit log. */
  forLog(): Record<string, number | null> {
    return Object.fromEntries([...this.#statements.values()].flatMap(({ unit, releases, mu, epsilon }) => [
      [`releases of ${unit}`, releases], [`mu of ${unit}`, mu], [`epsilon of ${unit}`, epsilon],
    ]));
  }

  close(): void {
    void this.#writing.catch(() => undefined).then(() => this.#shelf?.close());
  }

  #kept(): object[] {
    const told = new Set(this.#statements.keys());
    return [...[...this.#statements.values()].map(({ kept }) => kept), ...this.#before.filter((kept) => !told.has(kindOf(kept)))];
  }
}

/** Releases of one kind add up. */
const kindOf = (ledger: object): string => {
  const { unit, relation } = ledger as Partial<Ledger>;
  return JSON.stringify([unit, relation]);
};
