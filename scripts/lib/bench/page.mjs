// What runs inside the page of the bench: opens engines, ours and the peer's, and measures their frames.

const [WIDTH, HEIGHT] = [128, 96];
const CAMERA = [640, 480];

const fetched = async (address) => {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return response;
};

const model = async () => {
  const [weights, card] = await Promise.all(['bpk', 'json'].map((end) => fetched(`/models/bauta-s.${end}`)));
  return { weights: new Uint8Array(await weights.arrayBuffer()), card: await card.text() };
};

/** Start the network on the processor (`cpu`) or through WebGPU (`gpu`); give planes to get planes. */
const OPEN = {
  async ours(kind) {
    const script = await import(`/dist/wasm/${kind}/bauta.js`);
    const [{ weights, card }] = await Promise.all([model(), script.default()]);
    const engine = await (kind === 'cpu' ? script.CpuEngine : script.GpuEngine).load(weights, card);
    return (planes) => engine.infer(planes, WIDTH, HEIGHT);
  },
  async peer(kind) {
    const provider = kind === 'cpu' ? 'wasm' : 'webgpu';
    const ort = await import(`/ort/ort.${provider}.bundle.min.mjs`);
    ort.env.wasm.numThreads = 1;
    const session = await ort.InferenceSession.create('/bench/bauta-s.onnx', { executionProviders: [provider] });
    return async (planes) => {
      const images = new ort.Tensor('float32', planes, [1, 3, HEIGHT, WIDTH]);
      const { anonymized } = await session.run({ images });
      return anonymized.getData();
    };
  },
};

/** Slopes with grain on them, the same on every call. */
const picture = () =>
  Float32Array.from({ length: 3 * WIDTH * HEIGHT }, (_, at) => {
    const [x, y] = [at % WIDTH, Math.floor(at / WIDTH) % HEIGHT];
    const grain = ((Math.imul(at, 2654435761) >>> 16) & 255) / 1024;
    return Math.min(1, (x / WIDTH + y / HEIGHT) / 2.7 + grain);
  });

let dispatched = 0;
const countDispatches = () => {
  if (!('GPUComputePassEncoder' in globalThis)) return;
  for (const method of ['dispatchWorkgroups', 'dispatchWorkgroupsIndirect']) {
    const original = GPUComputePassEncoder.prototype[method];
    GPUComputePassEncoder.prototype[method] = function (...words) {
      dispatched++;
      return original.apply(this, words);
    };
  }
};

const running = {};
const time = async (run) => {
  const start = performance.now();
  const result = await run();
  return { milliseconds: performance.now() - start, result };
};

window.bench = {
  /** The GPU's name, or undefined. */
  async adapter() {
    const adapter = await navigator.gpu?.requestAdapter();
    if (!adapter) return undefined;
    const { vendor, architecture, device, description } = adapter.info;
    return [vendor, architecture, device, description].filter((part) => part !== '').join(' ');
  },

  /** Opens an engine; gives the milliseconds until its first picture was there. */
  async open(side, kind) {
    const { milliseconds } = await time(async () => {
      running[side] = await OPEN[side](kind);
      return running[side](picture());
    });
    return milliseconds;
  },

  /** The largest difference between what the two engines make of one picture. */
  async difference() {
    const [ours, peer] = [await running.ours(picture()), await running.peer(picture())];
    if (ours.length !== peer.length) return Infinity;
    return ours.reduce((largest, value, at) => Math.max(largest, Math.abs(value - peer[at])), 0);
  },

  /** Milliseconds of each picture, engines taking turns; ends after `most` pictures each or `seconds`. */
  async race(sides, { most, seconds, warmUp }) {
    const found = Object.fromEntries(sides.map((side) => [side, []]));
    const planes = picture();
    const end = performance.now() + 1000 * seconds;
    for (let turn = -warmUp; turn < most && performance.now() < end; turn++) {
      for (const side of turn % 2 === 0 ? sides : sides.toReversed()) {
        const { milliseconds } = await time(() => running[side](planes));
        if (turn >= 0) found[side].push(milliseconds);
      }
    }
    return found;
  },

  /** GPU programs started for one picture. */
  async dispatches(side) {
    dispatched = 0;
    await running[side](picture());
    return dispatched;
  },

  /** Whole camera frames through our engine: milliseconds of each, and GPU programs started for the last. */
  async frames(kind, { most, seconds, warmUp }) {
    const { loadEngine } = await import('/dist/engine.js');
    const base = new URL('/dist/', location.href).href;
    const engine = await loadEngine(kind === 'cpu' ? 'cpu' : 'webgpu', { base, ...(await model()), allowSoftwareGpu: true });
    const [codedWidth, codedHeight] = CAMERA;
    const pixels = new Uint8Array(4 * codedWidth * codedHeight).map((_, at) => (at * 7919) >> 8);
    const found = [];
    const end = performance.now() + 1000 * seconds;
    for (let turn = -warmUp; turn < most && (performance.now() < end || found.length === 0); turn++) {
      const raw = new VideoFrame(pixels, { format: 'RGBA', codedWidth, codedHeight, timestamp: turn });
      dispatched = 0;
      const { milliseconds, result } = await time(() => engine.anonymize(raw));
      result.close();
      raw.close();
      if (turn >= 0) found.push(milliseconds);
    }
    engine.close();
    return { milliseconds: found, dispatches: dispatched };
  },
};
countDispatches();
