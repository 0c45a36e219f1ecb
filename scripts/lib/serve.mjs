// A small web server for static files, on this machine only.
//
//   node scripts/lib/serve.mjs FOLDER [PORT]     serves FOLDER and prints its address
import { createServer } from 'node:http';
import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What pages may do: run their own scripts and WebAssembly, and speak to nobody else. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "style-src 'self'",
  "media-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webm': 'video/webm',
};

/** The bytes that `path` names below `folder`, or undefined where it names none. */
const read = async (folder, path) => {
  try {
    const root = await realpath(folder);
    const file = await realpath(join(root, path.endsWith('/') ? `${path}index.html` : path));
    return file.startsWith(root + sep) ? await readFile(file) : undefined;
  } catch {
    return undefined;
  }
};

/** The part of `bytes` that a `Range` header asks for, as browsers do to seek in a video. */
const partOf = (bytes, range) => {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (first === undefined || Number(first) >= bytes.length) return undefined;
  const from = Number(first);
  const to = last ? Math.min(Number(last), bytes.length - 1) : bytes.length - 1;
  return { body: bytes.subarray(from, to + 1), header: `bytes ${from}-${to}/${bytes.length}` };
};

/**
 * Serves `folder` on localhost. `instead` may answer for a path: bytes or text to send in place of the
 * file, `null` for a file that is to be missing, `undefined` to leave it alone. `policy` is sent with everything.
 */
export const serve = async ({ folder, port = 0, instead = () => undefined, policy = CONTENT_SECURITY_POLICY }) => {
  const server = createServer(async (request, response) => {
    const finish = (status, headers, body) => {
      const kept = { 'cache-control': 'no-cache', 'content-security-policy': policy };
      response.writeHead(status, { ...kept, 'x-content-type-options': 'nosniff', ...headers });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    let path;
    try {
      path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    } catch {
      return finish(400, {}, 'not an address\n');
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return finish(405, { allow: 'GET, HEAD' }, '');
    const replaced = instead(path);
    const bytes = replaced === undefined ? await read(folder, path) : replaced;
    if (bytes === undefined || bytes === null) return finish(404, {}, `there is no ${path}\n`);
    const type = TYPES[extname(path)] ?? (path.endsWith('/') ? TYPES['.html'] : 'application/octet-stream');
    const body = Buffer.from(bytes);
    const part = partOf(body, request.headers.range);
    if (part) return finish(206, { 'content-type': type, 'content-range': part.header }, part.body);
    return finish(200, { 'content-type': type, 'accept-ranges': 'bytes' }, body);
  });
  await new Promise((listening, failed) => {
    server.once('error', failed);
    server.listen(port, '127.0.0.1', listening);
  });
  return {
    address: `http://localhost:${server.address().port}/`,
    close: () => new Promise((closed) => {
      server.close(closed);
      server.closeAllConnections();
    }),
  };
};

const main = async ([folder, port = '8080']) => {
  if (folder === undefined || !/^\d+$/.test(port) || Number(port) > 65535) {
    throw new Error('a folder and a port from 0 to 65535 are wanted');
  }
  const { address } = await serve({ folder, port: Number(port) });
  console.log(`Bauta is at ${address} (Ctrl-C ends it)`);
};

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(process.argv.slice(2)).catch((cause) => {
    const busy = cause.code === 'EADDRINUSE' ? `port ${cause.port} is in use; choose another with --port` : undefined;
    console.error(`serve: ${busy ?? cause.message}`);
    process.exitCode = 1;
  });
}
