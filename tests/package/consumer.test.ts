/** Projects that have the packed package installed: on a server, and under a strict compiler. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pack } from './packed.js';
import type { Packed, Project } from './packed.js';

const ENTRIES = ['bauta', 'bauta/guard', 'bauta/log', 'bauta/livekit', 'bauta/jitsi', 'bauta/conformance'];

/** Uses each entry; `support` is given an option that it has. */
const APP = `import { Bauta, BautaError, support } from 'bauta';
import type { BautaOptions, Card, EncodedVideo, Stats } from 'bauta';
import { RawUploadError, guardUploads, vouchFor } from 'bauta/guard';
import { BautaProcessor } from 'bauta/livekit';
import { BautaEffect } from 'bauta/jitsi';
import { FAULTS, markdownOf, runConformance } from 'bauta/conformance';

export const begin = async (options: BautaOptions): Promise<MediaStreamTrack> => {
  const can = await support({ engine: 'cpu' });
  if (!can.supported) throw new BautaError('unsupported', can.why);
  const bauta = await Bauta.create(options);
  bauta.on('stats', (stats: Stats) => { console.log(stats.fps); });
  const card: Card | null = bauta.report().card;
  console.log(card?.name, new BautaProcessor(bauta), new BautaEffect(bauta), FAULTS, markdownOf, runConformance);
  await bauta.encodeTo(new WritableStream<EncodedVideo>());
  return bauta.openCamera();
};
export const guard = guardUploads({ onViolation: (error) => { console.log(error instanceof RawUploadError, vouchFor); } });
`;

const configFor = (module: string, moduleResolution: string): string => JSON.stringify({
  compilerOptions: { target: 'es2022', lib: ['es2023', 'dom', 'dom.iterable'], module, moduleResolution, strict: true, skipLibCheck: false, noEmit: true, types: [] },
  files: ['app.ts'],
});

let packed: Packed;
let project: Project;
beforeAll(() => {
  packed = pack();
  project = packed.project({
    'app.ts': APP,
    'wrong.ts': "import { Bauta } from 'bauta';\nexport const made = Bauta.create({ engine: 'steam' });\n",
    'bundler.json': configFor('esnext', 'bundler'),
    'node16.json': configFor('node16', 'node16'),
    'wrong.json': configFor('node16', 'node16').replace('app.ts', 'wrong.ts'),
  });
});
afterAll(() => { packed.remove(); });

const node = (...options: string[]): string => execFileSync(process.execPath, options, { cwd: project.folder, encoding: 'utf8', stdio: 'pipe' });

test.each(ENTRIES)('%s can be imported on a server, and does nothing there', (entry) => {
  const code = `const before = Object.getOwnPropertyNames(globalThis).join();
    const { length } = Object.keys(await import('${entry}'));
    console.log(length > 0, before === Object.getOwnPropertyNames(globalThis).join());`;
  expect(node('--input-type=module', '-e', code)).toBe('true true\n');
});

test('on a server support() says what is missing, and create() throws a typed error', () => {
  const code = `import { Bauta, UnsupportedError, support } from 'bauta';
    const can = await support();
    const fault = await Bauta.create().catch((cause) => cause);
    console.log(can.supported, can.missing.length > 0, fault instanceof UnsupportedError, fault.code);`;
  expect(node('--input-type=module', '-e', code)).toBe('false true true unsupported\n');
});

const compiler = fileURLToPath(new URL('../../web/node_modules/typescript/bin/tsc', import.meta.url));
const complaints = (config: string): string => {
  try {
    return node(compiler, '--project', config);
  } catch (cause) {
    return (cause as { stdout: string }).stdout;
  }
};

test.each(['bundler', 'node16'])('an app compiles under strict, with declarations checked too, and moduleResolution %s', (resolution) => {
  expect(complaints(`${resolution}.json`)).toBe('');
});

test('a mistake in an app would be noticed', () => {
  expect(complaints('wrong.json')).toContain('"steam"');
});
