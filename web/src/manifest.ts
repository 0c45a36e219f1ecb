/**
 * SHA-256 of the files that lie beside the scripts, in lower-case hex, by their path in the package. The build writes
 * them in here: whoever can trust this script can trust those files.
 */
export const MANIFEST: Readonly<Record<string, string>> = {};
