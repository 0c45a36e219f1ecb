// What a WebAssembly file consists of, by Rust crate.

const CODE = 10;
const DATA = 11;
const CUSTOM = 0;

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  get done() {
    return this.at >= this.bytes.length;
  }

  byte() {
    return this.bytes[this.at++];
  }

  /** An unsigned LEB128 number. */
  number() {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
      shift += 7;
    }
  }

  take(length) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  text() {
    return Buffer.from(this.take(this.number())).toString('utf8');
  }
}

const sectionsOf = (wasm) => {
  const reader = new Reader(wasm);
  reader.take(8);
  const sections = [];
  while (!reader.done) {
    const id = reader.byte();
    sections.push({ id, content: reader.take(reader.number()) });
  }
  return sections;
};

/** Functions that the file imports: they come first in the count of all. */
const importedFunctions = (wasm) =>
  WebAssembly.Module.imports(new WebAssembly.Module(wasm)).filter(({ kind }) => kind === 'function').length;

/** The code of each function, in order. */
const bodiesOf = (sections) => {
  const reader = new Reader(sections.find(({ id }) => id === CODE).content);
  return Array.from({ length: reader.number() }, () => reader.take(reader.number()));
};

/** Mangled names by number of function. */
const namesOf = (sections) => {
  for (const { id, content } of sections) {
    if (id !== CUSTOM) continue;
    const reader = new Reader(content);
    if (reader.text() !== 'name') continue;
    while (!reader.done) {
      const [kind, part] = [reader.byte(), new Reader(reader.take(reader.number()))];
      if (kind === 1) return new Map(Array.from({ length: part.number() }, () => [part.number(), part.text()]));
    }
  }
  return new Map();
};

/** Crates whose generic code belongs to whoever uses it. */
const LANGUAGE = new Set(['core', 'alloc', 'std', 'hashbrown']);

/** Names of crates in a mangled symbol, as they come: both of Rust's ways of mangling are read. */
const cratesIn = (symbol) => {
  const newer = [...symbol.matchAll(/Cs[0-9A-Za-z]+_(\d+)_?(\w+)/g)].map(([, length, rest]) => rest.slice(0, Number(length)));
  if (newer.length > 0) return newer;
  const [, length, rest] = /^_ZN(\d+)(.*)$/.exec(symbol) ?? [];
  if (length === undefined) return [];
  const [first, tail] = [rest.slice(0, Number(length)), rest.slice(Number(length))];
  const inside = [...(first + tail).matchAll(/(?:^|[^\w.])_?([a-z][a-z0-9_]*)\.\./g)].map(([, name]) => name);
  return /^[a-z][a-z0-9_]*$/.test(first) ? [first, ...inside] : inside;
};

const crateOf = (symbol) => {
  if (symbol === undefined) return 'unnamed';
  const crates = cratesIn(symbol);
  return crates.find((name) => !LANGUAGE.has(name)) ?? (crates.length > 0 ? 'std' : 'unnamed');
};

/** Bytes of a file's code by crate, and of its data: `[{ name, bytes }]`. The file must still have its names. */
export const bytesByCrate = (wasm) => {
  const sections = sectionsOf(wasm);
  const [names, first] = [namesOf(sections), importedFunctions(wasm)];
  const found = new Map();
  bodiesOf(sections).forEach((body, place) => {
    const name = crateOf(names.get(first + place));
    found.set(name, [...(found.get(name) ?? []), body]);
  });
  const parts = [...found].map(([name, bodies]) => ({ name, bytes: Buffer.concat(bodies) }));
  const data = sections.find(({ id }) => id === DATA);
  return data === undefined ? parts : [...parts, { name: 'constants (data section)', bytes: Buffer.from(data.content) }];
};
