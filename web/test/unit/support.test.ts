import { afterEach, describe, expect, it, vi } from 'vitest';
import { Bauta } from '../../src/bauta.js';
import { UnsupportedError } from '../../src/faults.js';
import { support } from '../../src/support.js';

interface Adapter {
  readonly info?: Partial<GPUAdapterInfo>;
  readonly features?: readonly string[];
}

const REAL_GPU: Adapter = { info: { vendor: 'nvidia', architecture: 'hopper' }, features: ['timestamp-query'] };
const SOFTWARE_GPU: Adapter = { ...REAL_GPU, info: { vendor: 'google', architecture: 'swiftshader' } };

/** A browser that has everything, with `adapter` as its GPU; `without` is taken away. */
const browser = (adapter: Adapter | null | undefined, without: readonly string[] = []): void => {
  const info = { vendor: '', architecture: '', device: '', description: '', isFallbackAdapter: false, ...adapter?.info };
  const requestAdapter = () => Promise.resolve(adapter && { info, features: new Set(adapter.features) });
  const names = ['Worker', 'VideoFrame', 'OffscreenCanvas', 'MediaStreamTrackProcessor', 'MediaStreamTrackGenerator'];
  vi.stubGlobal('navigator', adapter === undefined ? {} : { gpu: { requestAdapter } });
  vi.stubGlobal('isSecureContext', !without.includes('isSecureContext'));
  for (const name of names) {
    if (without.includes(name)) Reflect.deleteProperty(globalThis, name);
    else vi.stubGlobal(name, vi.fn());
  }
};

afterEach(() => vi.unstubAllGlobals());

describe('support()', () => {
  it('takes a real GPU and names it', async () => {
    browser(REAL_GPU);
    const can = await support();
    expect(can).toMatchObject({ supported: true, missing: [], engine: 'webgpu' });
    expect(can.why).toContain('nvidia hopper');
  });

  const passedOver: [string, Adapter | null | undefined, string][] = [
    ['has no WebGPU', undefined, 'no WebGPU'],
    ['has WebGPU but no GPU', null, 'no GPU'],
    ['emulates its GPU', SOFTWARE_GPU, 'emulated'],
    ['calls its GPU a fallback', { ...REAL_GPU, info: { isFallbackAdapter: true } }, 'emulated'],
    ['has no timestamp queries', { ...REAL_GPU, features: [] }, 'timestamp'],
  ];
  for (const [what, adapter, reason] of passedOver) {
    it(`goes to the processor where the browser ${what}, and says so`, async () => {
      browser(adapter);
      const can = await support();
      expect(can).toMatchObject({ supported: true, engine: 'cpu' });
      expect(can.why).toContain(reason);
    });

    it(`offers nothing else where the browser ${what} and WebGPU was asked for`, async () => {
      browser(adapter);
      const can = await support({ engine: 'webgpu' });
      expect(can).toMatchObject({ supported: false, engine: null, missing: ['WebGPU'] });
      expect(can.why).toContain(reason);
    });
  }

  it('takes an emulated GPU when it is asked to', async () => {
    browser(SOFTWARE_GPU);
    expect(await support({ allowSoftwareGpu: true })).toMatchObject({ engine: 'webgpu' });
  });

  it('does not look for a GPU when the processor was asked for', async () => {
    browser(REAL_GPU);
    vi.stubGlobal('navigator', { get gpu() { throw new Error('looked at'); } });
    expect(await support({ engine: 'cpu' })).toMatchObject({ supported: true, engine: 'cpu' });
  });

  for (const name of ['Worker', 'VideoFrame', 'OffscreenCanvas', 'MediaStreamTrackProcessor', 'MediaStreamTrackGenerator']) {
    it(`says that ${name} is missing where it is, and Bauta.create throws the same`, async () => {
      browser(REAL_GPU, [name]);
      expect(await support()).toMatchObject({ supported: false, missing: [name], engine: null });
      const refused = await Bauta.create().catch((cause: unknown) => cause);
      expect(refused).toBeInstanceOf(UnsupportedError);
      expect(refused).toMatchObject({ code: 'unsupported', missing: [name] });
    });
  }

  it('wants a secure origin', async () => {
    browser(REAL_GPU, ['isSecureContext']);
    const can = await support();
    expect(can.supported).toBe(false);
    expect(can.why).toContain('https or localhost');
  });
});

describe('Bauta.create', () => {
  it('throws for WebGPU asked for where there is none, rather than take another engine', async () => {
    browser(null);
    await expect(Bauta.create({ engine: 'webgpu' })).rejects.toMatchObject({ name: 'UnsupportedError', code: 'no-webgpu' });
  });

  for (const options of [{ engine: 'gpu' as 'webgpu' }, { slate: 'grey' }, { deadlineMs: 0 }, { deadlineMs: NaN }]) {
    it(`refuses ${JSON.stringify(options)}`, async () => {
      browser(REAL_GPU);
      await expect(Bauta.create(options)).rejects.toThrow(TypeError);
    });
  }
});
