/**
 * SHA-256 of `wasm/manifest.json`, in lower-case hex, which holds that of every other file beside the scripts by its path
 * in the package. The build writes both: whoever can trust this script can trust those files.
 */
export const MANIFEST_SHA256 = '' as string;
