import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTENT_SECURITY_POLICY, serve } from '../../../scripts/lib/serve.mjs';
import type { Site } from '../../../scripts/lib/serve.mjs';

const temporary = mkdtempSync(join(tmpdir(), 'bauta-serve-'));
const folder = join(temporary, 'site');
let site: Site;

beforeAll(async () => {
  mkdirSync(join(folder, 'sub'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'engine.wasm'), new Uint8Array([0, 97, 115, 109]));
  writeFileSync(join(folder, 'clip.webm'), '0123456789');
  writeFileSync(join(temporary, 'secret.txt'), 'secret');
  symlinkSync(join(temporary, 'secret.txt'), join(folder, 'link.txt'));
  site = await serve({ folder, instead: (path) => (path === '/gone.js' ? null : path === '/other.js' ? 'other' : undefined) });
});
afterAll(async () => {
  await site.close();
  rmSync(temporary, { recursive: true });
});

/** The status of a path that is sent as it is; `fetch` would tidy it up first. */
const statusOf = (path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(site.address).port), '127.0.0.1', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    });
    let answer = '';
    socket.on('data', (bytes) => (answer += bytes.toString()));
    socket.on('close', () => { resolve(answer.split(' ')[1] ?? ''); });
    socket.on('error', reject);
  });

describe('the web server', () => {
  it('sends the page under a policy that lets nothing in or out', async () => {
    const answer = await fetch(site.address);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('content-security-policy')).toBe(CONTENT_SECURITY_POLICY);
    expect(CONTENT_SECURITY_POLICY).toContain("script-src 'self' 'wasm-unsafe-eval';");
    expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe-eval'(?<!wasm-unsafe-eval')|unsafe-inline|blob:|data:|\*/);
  });

  it('calls WebAssembly by the type that browsers compile while it arrives', async () => {
    const answer = await fetch(new URL('engine.wasm', site.address));
    expect(answer.headers.get('content-type')).toBe('application/wasm');
  });

  for (const path of ['/../secret.txt', '/%2e%2e/secret.txt', '/sub/..%2f..%2fsecret.txt', '/link.txt', '/sub/', '/none']) {
    it(`has no ${path}`, async () => {
      expect(await statusOf(path)).toBe('404');
    });
  }

  it('does not understand an address that is none', async () => {
    expect(await statusOf('/%E0%A4%A')).toBe('400');
  });

  it('takes no uploads', async () => {
    expect((await fetch(site.address, { method: 'POST', body: 'x' })).status).toBe(405);
  });

  it('sends the part of a clip that is asked for', async () => {
    const answer = await fetch(new URL('clip.webm', site.address), { headers: { range: 'bytes=2-4' } });
    expect([answer.status, answer.headers.get('content-range'), await answer.text()]).toEqual([206, 'bytes 2-4/10', '234']);
  });

  it('answers otherwise where it is told to', async () => {
    expect((await fetch(new URL('gone.js', site.address))).status).toBe(404);
    expect(await (await fetch(new URL('other.js', site.address))).text()).toBe('other');
  });
});

describe('scripts/demo', () => {
  const demo = (...options: string[]): { status: number; said: string } => {
    try {
      const script = fileURLToPath(new URL('../../../scripts/demo', import.meta.url));
      return { status: 0, said: execFileSync(script, options, { encoding: 'utf8', stdio: 'pipe' }) };
    } catch (cause) {
      const { status, stderr } = cause as { status: number; stderr: string };
      return { status, said: stderr };
    }
  };

  it('says what it does', () => {
    expect(demo('--help').said).toContain('serves the demo page');
  });

  it('names the port that is in use, before it builds anything', () => {
    const { port } = new URL(site.address);
    expect(demo('--port', port)).toEqual({ status: 1, said: `demo: port ${port} is in use; choose another with --port\n` });
  });

  for (const wrong of [['--port', 'x'], ['--port', '70000'], ['--port'], ['--wat']]) {
    it(`refuses ${wrong.join(' ')}`, () => {
      expect(demo(...wrong).status).toBe(2);
    });
  }
});
