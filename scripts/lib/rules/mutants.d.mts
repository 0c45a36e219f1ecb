/** A change of the source that breaks a rule, and the tests that must notice. */
export interface Mutant {
  readonly breaks: string;
  /** From the repository's root. */
  readonly file: string;
  /** What stands there, once, and what shall. */
  readonly changes: readonly (readonly [string, string])[];
  readonly tests: readonly { readonly file: string; readonly name: string; readonly unit?: boolean }[];
}

export const RULES: readonly { readonly rule: string; readonly says: string; readonly mutants: readonly Mutant[] }[];
