/** That the adapters are what LiveKit and Jitsi ask for, and compile where neither is installed. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test, vi } from 'vitest';
import { complaints, complaintsIn } from './compiler.js';

vi.setConfig({ testTimeout: 60_000 }); // a compiler is started for each

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const LIVEKIT = `
  import type { Track, TrackProcessor, VideoCaptureOptions } from 'livekit-client';
  import { BautaProcessor } from 'bauta/livekit';
  declare const made: BautaProcessor;
  export const processor: TrackProcessor<Track.Kind.Video> = made;
  export const options: VideoCaptureOptions = { processor: made };
`;

/** `IStreamEffect` of lib-jitsi-meet's JitsiLocalTrack.ts, which no released package declares. */
const JITSI = `
  import { BautaEffect } from 'bauta/jitsi';
  declare enum VideoType { CAMERA = 'camera', DESKTOP = 'desktop' }
  declare class JitsiLocalTrack { videoType?: VideoType; isVideoTrack(): boolean; isAudioTrack(): boolean }
  interface IStreamEffect {
    isEnabled: (track: JitsiLocalTrack) => boolean;
    isMuted?: () => boolean;
    setMuted?: (muted: boolean) => void;
    startEffect: (stream: MediaStream) => MediaStream;
    stopEffect: () => void;
  }
  declare const made: BautaEffect;
  export const effect: IStreamEffect = made;
`;

test.each([['LiveKit', LIVEKIT], ['Jitsi', JITSI]])('the adapter for %s has the type that is asked for', (_, code) => {
  expect(complaints(code)).toEqual([]);
});

test('an adapter that lacks something would be noticed', () => {
  expect(complaints(LIVEKIT.replace('= made;', "= made as Omit<BautaProcessor, 'restart'>;")).join()).toContain('restart');
  expect(complaints(JITSI.replace('= made;', "= made as Omit<BautaEffect, 'stopEffect'>;")).join()).toContain('stopEffect');
});

const folder = mkdtempSync(join(tmpdir(), 'bauta-installed-'));
afterAll(() => { rmSync(folder, { recursive: true }); });

test('the built declarations compile where nothing else is installed', () => {
  const built = here('../../dist/');
  if (!existsSync(`${built}livekit.d.ts`)) throw new Error('the package is not built; run npm run build first');
  const installed = join(folder, 'node_modules', 'bauta');
  mkdirSync(installed, { recursive: true });
  cpSync(here('../../package.json'), join(installed, 'package.json'));
  cpSync(built, join(installed, 'dist'), { recursive: true, filter: (file) => !/\.(wasm|bpk|map)$/.test(file) });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const code = `
    import { Bauta } from 'bauta';
    import { BautaEffect } from 'bauta/jitsi';
    import { BautaProcessor } from 'bauta/livekit';
    const bauta = await Bauta.create();
    const track: MediaStreamTrack | undefined = new BautaProcessor(bauta).processedTrack;
    const stream: MediaStream = new BautaEffect(bauta).startEffect(new MediaStream());
    void [track, stream, bauta.encodeTo(new WritableStream()), await bauta.transformStream()];
  `;
  expect(complaintsIn(folder, code)).toEqual([]);
  expect(complaintsIn(folder, `import type {} from 'livekit-client';`).join()).toContain('livekit-client');
});
