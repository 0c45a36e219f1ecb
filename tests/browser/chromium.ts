import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import type { AddressInfo } from 'node:net';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

/** Chromium as it is called on various systems; `CHROMIUM` names another. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'];

const ALWAYS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** WebGPU and video frames on SwiftShader, a GPU emulated on the processor: right, and slow. */
const SOFTWARE_GPU = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--use-vulkan=swiftshader',
  '--enable-features=Vulkan',
  '--ignore-gpu-blocklist',
];

/** WebGPU on the machine's own GPU, where it has one. */
const OWN_GPU = ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--ignore-gpu-blocklist'];

/** What a test's browser has. */
export interface Equipment {
  /** WebGPU on an emulated GPU, or on the machine's own; without it there is no adapter. */
  readonly gpu: boolean | 'own';
  /** Absolute path of a y4m file that plays in place of a camera. */
  readonly camera?: string;
  /** The camera is refused to every page. */
  readonly refusesCamera?: boolean;
}

/** Starts Chromium without a window. The caller closes it. */
export const launch = async ({ gpu, camera, refusesCamera = false }: Equipment): Promise<Browser> => {
  const executablePath = process.env.CHROMIUM ?? PLACES.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error('no Chromium; run scripts/setup --test, or set CHROMIUM');
  const answer = `--use-fake-ui-for-media-stream${refusesCamera ? '=deny' : ''}`;
  const fake = [answer, '--use-fake-device-for-media-stream'];
  const cameraFlags = camera === undefined ? [] : [...fake, `--use-file-for-fake-video-capture=${camera}`];
  const gpuFlags = gpu === 'own' ? OWN_GPU : gpu ? SOFTWARE_GPU : [];
  return chromium.launch({ executablePath, args: [...ALWAYS, ...gpuFlags, ...cameraFlags] });
};

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** A web server on this machine, and the way to stop it. */
export interface Site {
  /** `http://localhost:PORT/`. */
  readonly address: string;
  close(): Promise<void>;
}

/** Serves folders under the given prefixes, as `{ '/dist/': '/absolute/folder' }`, and an empty page at `/`. */
export const serve = async (folders: Readonly<Record<string, string>>): Promise<Site> => {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const prefix = Object.keys(folders).find((start) => path.startsWith(start));
    const folder = prefix === undefined ? undefined : folders[prefix];
    const file = folder === undefined ? undefined : join(folder, normalize(path.slice(prefix?.length)));
    const answer = async (): Promise<Buffer> => {
      if (path === '/') return Buffer.from('<!doctype html><meta charset="utf-8"><title>test</title>');
      if (!file?.startsWith((folder ?? '') + sep)) throw new Error('outside');
      return readFile(file);
    };
    answer().then(
      (body) => {
        const type = path === '/' ? 'text/html' : (TYPES[extname(path)] ?? 'application/octet-stream');
        response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
      },
      () => { response.writeHead(404).end(); },
    );
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://localhost:${String(port)}/`,
    close: () => new Promise((closed) => server.close(() => { closed(); })),
  };
};
