import { BautaError } from './faults.js';
import type { FaultCode } from './faults.js';
import { MANIFEST_SHA256 } from './manifest.js';

/** A kind of file: what faults say of it. */
interface FileKind {
  readonly name: string;
  readonly missing: FaultCode;
  readonly altered: FaultCode;
  /** Whether a file of this kind that the manifest does not know is refused. */
  readonly isAlwaysKnown: boolean;
  readonly remedy: string;
}

export const ENGINE_FILE: FileKind = {
  name: 'engine file',
  missing: 'bad-engine-file',
  altered: 'bad-engine-file',
  isAlwaysKnown: true,
  remedy: 'serve the folder wasm/ of this version of Bauta unchanged',
};

/** A model may be the app's own: then the card, which holds the hash of the weights, is all that vouches for it. */
export const MODEL_FILE: FileKind = {
  name: 'model file',
  missing: 'model-missing',
  altered: 'bad-model',
  isAlwaysKnown: false,
  remedy: 'serve the folder models/ of this version of Bauta unchanged, or name another assetBase or model',
};

/**
 * F12: fetches a file, and refuses one that is not what the package was built with. `address` is absolute, or
 * relative to `base`, which ends with a slash. Throws a `BautaError` that names the file.
 */
export const fetchFile = async (address: string, base: string, kind: FileKind): Promise<ArrayBuffer> => {
  const { href } = new URL(address, base);
  const [bytes, known] = await Promise.all([fetched(href, kind), readManifest(base)]);
  const wanted = href.startsWith(base) ? known[href.slice(base.length)] : undefined;
  if (wanted === undefined && !kind.isAlwaysKnown) return bytes;
  return vouched(bytes, wanted, href, kind);
};

/** SHA-256 of files by their path in the package. */
export type Manifest = Readonly<Record<string, string>>;

let manifest: Promise<Manifest> | undefined;

/** Fetches the manifest, once; it is held to the hash in this very script. */
export const readManifest = (base: string): Promise<Manifest> => {
  const { href } = new URL('wasm/manifest.json', base);
  const read = async (): Promise<Manifest> => {
    const bytes = await vouched(await fetched(href, ENGINE_FILE), MANIFEST_SHA256, href, ENGINE_FILE);
    return JSON.parse(new TextDecoder().decode(bytes)) as Manifest;
  };
  return (manifest ??= read());
};

const vouched = async (bytes: ArrayBuffer, wanted: string | undefined, href: string, kind: FileKind): Promise<ArrayBuffer> => {
  if ((await sha256(bytes)) === wanted) return bytes;
  throw new BautaError(kind.altered, `the ${kind.name} ${href} is not the one this version was built with; ${kind.remedy}`);
};

/** SHA-256 in lower-case hex. */
export const sha256 = async (bytes: BufferSource): Promise<string> => {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
};

const fetched = async (address: string, kind: FileKind): Promise<ArrayBuffer> => {
  const refuse = (why: string, cause?: unknown): BautaError =>
    new BautaError(kind.missing, `the ${kind.name} ${address} cannot be fetched (${why}); ${kind.remedy}`, { cause });
  try {
    const response = await fetch(address);
    if (!response.ok) throw refuse(`status ${String(response.status)}`);
    return await response.arrayBuffer();
  } catch (cause) {
    throw cause instanceof BautaError ? cause : refuse('no answer, or connect-src of the content security policy does not allow it', cause);
  }
};
