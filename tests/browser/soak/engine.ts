/** Runs in the engine's worker in place of the package's engine, which it opens and spoils as the page tells it. */
import { loadEngine as loadReal } from '../../../web/src/engine.js';
import type { Assets, Engine, EngineKind } from '../../../web/src/engine.js';
import type { EngineFault } from './faults.js';

const frameOf = (width: number, height: number, timestamp: number): VideoFrame =>
  new VideoFrame(new Uint8Array(4 * width * height).fill(90), { format: 'RGBX', codedWidth: width, codedHeight: height, timestamp });

export const loadEngine = async (kind: EngineKind, assets: Assets): Promise<Engine> => {
  const [, session = ''] = /\/session\/(\d+)\//.exec(assets.base) ?? [];
  const channel = new BroadcastChannel(`faults-${session}`);
  const now: { fault: EngineFault | 'none' } = { fault: 'none' };
  await new Promise<void>((told) => {
    channel.onmessage = ({ data }: MessageEvent<{ readonly fault?: EngineFault | 'none' }>) => {
      if (data.fault !== undefined) now.fault = data.fault;
      told();
    };
    channel.postMessage({ asks: true });
  });
  if (now.fault === 'does not load') throw new Error('made to fail');
  const engine = await loadReal(kind, assets);
  let kept: VideoFrame | undefined;

  const spoil: Readonly<Record<EngineFault, (raw: VideoFrame) => Promise<VideoFrame>>> = {
    'does not load': (raw) => engine.anonymize(raw), // it has loaded before
    'throws': () => Promise.reject(new Error('made to fail')),
    'dies': () => {
      globalThis.close();
      return new Promise(() => undefined);
    },
    'hangs': () => new Promise(() => undefined),
    'is slow': async (raw) => {
      await new Promise((go) => setTimeout(go, 900));
      return engine.anonymize(raw);
    },
    'gives the camera picture back': (raw) => Promise.resolve(raw.clone()),
    'gives the very frame back': (raw) => Promise.resolve(raw),
    'is blank': (raw) => Promise.resolve(frameOf(raw.displayWidth, raw.displayHeight, raw.timestamp)),
    'does not follow': async (raw) => {
      kept ??= await engine.anonymize(raw);
      return kept.clone();
    },
    'makes another size': (raw) => Promise.resolve(frameOf(raw.displayWidth + 2, raw.displayHeight, raw.timestamp)),
    'gives no frame': () => Promise.resolve({} as VideoFrame),
  };
  return {
    kind,
    adapter: engine.adapter,
    card: engine.card,
    anonymize: (raw) => (now.fault === 'none' ? engine.anonymize(raw) : spoil[now.fault](raw)),
    close: () => {
      kept?.close();
      channel.close();
      engine.close();
    },
  };
};
