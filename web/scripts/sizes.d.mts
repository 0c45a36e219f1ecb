export const OPTIONAL: readonly string[];
export function gzip(bytes: Uint8Array): number;
export function reached(folder: string, entry: string, leftOut?: readonly string[]): string[];
export function sizeOfPage(folder: string, engine: 'cpu' | 'gpu', entry?: string): { readonly files: string[]; readonly scripts: number; readonly glue: number };
export function sizeBeside(folder: string, entry: string): number;
