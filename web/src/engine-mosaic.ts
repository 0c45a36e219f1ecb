import { adapterName, findAdapter } from './adapter.js';
import type { Assets, Engine, EngineKind } from './engine.js';
import { faultOf, openScript, readCard } from './engine-file.js';
import type { Card } from './engine-file.js';
import { BautaError } from './faults.js';
import { frameOf, pattern, pixelsOf } from './known-answer.js';

/** The WebAssembly engine, as `crate/src/web/mosaic.rs` exports it. */
export interface Session {
  card(): string;
  anonymize(rgba: Uint8Array, width: number, height: number): Uint8Array<ArrayBuffer>;
  noise(width: number, height: number): Float32Array<ArrayBuffer>;
  answer(width: number, height: number): Uint8Array<ArrayBuffer>;
  cell(): number;
  channels(): number;
  ledger(): string;
  free(): void;
}

interface Exports {
  readonly MosaicEngine: { load(settings: string, ledger: string): Session };
}

/** Of `GPUBufferUsage`, whose values TypeScript's own library does not declare. */
const [COPY_DST, UNIFORM, STORAGE] = [0x08, 0x40, 0x80];

/**
 * Frame to cells to canvas. `average` has a workgroup for each cell, whose threads add up its pixels as whole numbers
 * of 255, and the noise; `crate/src/mosaic.rs` does the same. Group 1 is the frame.
 */
const KERNELS = /* wgsl */ `
struct Shape { size: vec2u, side: u32, channels: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> noise: array<f32>;
@group(0) @binding(2) var<storage, read_write> painted: array<vec4f>;
@group(0) @binding(3) var<storage, read> shown: array<vec4f>;
@group(1) @binding(0) var frame: texture_external;

var<workgroup> sums: array<atomic<u32>, 3>;

fn across() -> u32 { return (shape.size.x + shape.side - 1u) / shape.side; }

@compute @workgroup_size(64)
fn average(@builtin(workgroup_id) cell: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = cell.xy * shape.side;
  let extent = min(first + shape.side, shape.size) - first;
  let pixels = extent.x * extent.y;
  let source = textureDimensions(frame);
  for (var i = thread; i < pixels; i += 64u) {
    let at = (first + vec2u(i % extent.x, i / extent.x)) * source / shape.size;
    let colour = vec3u(clamp(textureLoad(frame, at).rgb, vec3f(0.0), vec3f(1.0)) * 255.0 + 0.5);
    atomicAdd(&sums[0], colour.r);
    atomicAdd(&sums[1], colour.g);
    atomicAdd(&sums[2], colour.b);
  }
  workgroupBarrier();
  if (thread != 0u) { return; }
  let index = cell.y * across() + cell.x;
  var colour = vec3f(f32(atomicLoad(&sums[0])), f32(atomicLoad(&sums[1])), f32(atomicLoad(&sums[2]))) / f32(pixels);
  if (shape.channels == 1u) {
    colour = vec3f(dot(colour, vec3f(0.299, 0.587, 0.114)) + noise[index]);
  } else {
    colour += vec3f(noise[3u * index], noise[3u * index + 1u], noise[3u * index + 2u]);
  }
  painted[index] = vec4f(floor(clamp(colour, vec3f(0.0), vec3f(255.0)) + 0.5) / 255.0, 1.0);
}

@vertex
fn cover(@builtin(vertex_index) corner: u32) -> @builtin(position) vec4f {
  return vec4f(f32(corner & 1u) * 4.0 - 1.0, f32(corner >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

@fragment
fn show(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let cell = vec2u(position.xy) / shape.side;
  return shown[cell.y * across() + cell.x];
}
`;

/** Opens a mosaic on the processor or the GPU. Its noise is always drawn in WebAssembly, from `crypto.getRandomValues`. */
export const loadMosaic = async (kind: EngineKind, assets: Assets): Promise<Engine> => {
  const adapter = kind === 'webgpu' ? await findAdapter(assets.allowSoftwareGpu ?? false) : undefined;
  const exports = await openScript<Exports>('mosaic', assets);
  try {
    const session = exports.MosaicEngine.load(assets.mosaic ?? '{}', assets.ledger ?? '{}');
    if (adapter === undefined) return new CpuMosaic(session);
    const device = await adapter.requestDevice();
    return await GpuMosaic.open(session, device, adapterName(adapter.info), assets.onLost);
  } catch (cause) {
    throw faultOf(cause, 'bad-model');
  }
};

/** Cells painted in WebAssembly. */
export class CpuMosaic implements Engine {
  readonly kind = 'cpu';
  readonly adapter = 'processor (WebAssembly)';
  readonly card: Card;
  readonly #session: Session;

  constructor(session: Session) {
    this.card = readCard(session.card());
    this.#session = session;
  }

  async anonymize(raw: VideoFrame): Promise<VideoFrame> {
    const { displayWidth, displayHeight, timestamp } = raw;
    try {
      const shown = this.#session.anonymize(await pixelsOf(raw), displayWidth, displayHeight);
      return frameOf(shown, displayWidth, displayHeight, timestamp);
    } catch (cause) {
      throw faultOf(cause, 'frame-failed');
    }
  }

  answer(): Promise<VideoFrame> {
    const { width, height } = this.card.known_answer;
    return Promise.resolve(frameOf(this.#session.answer(width, height), width, height, 0));
  }

  ledger(): string {
    return this.#session.ledger();
  }

  close(): void {
    this.#session.free();
  }
}

/** Cells painted on the GPU, from noise of WebAssembly's: nothing is read back. */
export class GpuMosaic implements Engine {
  readonly kind = 'webgpu';
  readonly adapter: string;
  readonly card: Card;
  readonly #session: Session;
  readonly #device: GPUDevice;
  readonly #average: GPUComputePipeline;
  readonly #show: GPURenderPipeline;
  readonly #canvas = new OffscreenCanvas(1, 1);
  readonly #screen: GPUCanvasContext;
  #fault: BautaError | undefined;

  private constructor(session: Session, device: GPUDevice, adapter: string, pipelines: readonly [GPUComputePipeline, GPURenderPipeline]) {
    this.card = readCard(session.card());
    this.adapter = adapter;
    this.#session = session;
    this.#device = device;
    [this.#average, this.#show] = pipelines;
    const screen = this.#canvas.getContext('webgpu') as GPUCanvasContext | null;
    if (screen === null) throw new BautaError('no-webgpu', 'the browser gives no WebGPU canvas; use the CPU engine');
    this.#screen = screen;
    screen.configure({ device, format: navigator.gpu.getPreferredCanvasFormat(), alphaMode: 'opaque' });
  }

  static async open(session: Session, device: GPUDevice, adapter: string, onLost: (fault: BautaError) => void = () => undefined): Promise<GpuMosaic> {
    const module = device.createShaderModule({ code: KERNELS });
    const targets = [{ format: navigator.gpu.getPreferredCanvasFormat() }];
    const pipelines = await Promise.all([
      device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'average' } }),
      device.createRenderPipelineAsync({ layout: 'auto', vertex: { module, entryPoint: 'cover' }, fragment: { module, entryPoint: 'show', targets } }),
    ]);
    const engine = new GpuMosaic(session, device, adapter, pipelines);
    const lose = (why: string): void => {
      engine.#fault ??= new BautaError('device-lost', why);
      onLost(engine.#fault);
    };
    void device.lost.then(({ message }) => { lose(`the GPU device is lost: ${message}`); });
    device.addEventListener('uncapturederror', ({ error }) => { lose(`the GPU refused a command: ${error.message}`); });
    return engine;
  }

  async anonymize(raw: VideoFrame): Promise<VideoFrame> {
    if (this.#fault) throw this.#fault;
    try {
      return await this.#paint(raw, this.#session.noise(raw.displayWidth, raw.displayHeight));
    } catch (cause) {
      throw faultOf(cause, 'frame-failed');
    }
  }

  async answer(): Promise<VideoFrame> {
    const { width, height } = this.card.known_answer;
    const known = frameOf(pattern(width, height), width, height, 0);
    try {
      const side = this.#session.cell();
      return await this.#paint(known, new Float32Array(Math.ceil(width / side) * Math.ceil(height / side) * this.#session.channels()));
    } finally {
      known.close();
    }
  }

  ledger(): string {
    return this.#session.ledger();
  }

  close(): void {
    this.#session.free();
    this.#device.destroy();
  }

  async #paint(raw: VideoFrame, noise: Float32Array<ArrayBuffer>): Promise<VideoFrame> {
    const device = this.#device;
    const { displayWidth: width, displayHeight: height, timestamp } = raw;
    const [side, channels] = [this.#session.cell(), this.#session.channels()];
    const [across, down] = [Math.ceil(width / side), Math.ceil(height / side)];
    const buffers: GPUBuffer[] = [];
    const upload = (usage: number, numbers: Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>): { buffer: GPUBuffer } => {
      const buffer = device.createBuffer({ size: numbers.byteLength, usage: usage | COPY_DST });
      buffers.push(buffer);
      device.queue.writeBuffer(buffer, 0, numbers);
      return { buffer };
    };
    const [shape, drawn] = [upload(UNIFORM, new Uint32Array([width, height, side, channels])), upload(STORAGE, noise)];
    const cells = { buffer: device.createBuffer({ size: 16 * across * down, usage: STORAGE }) };
    buffers.push(cells.buffer);
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    const commands = device.createCommandEncoder();
    const averaging = commands.beginComputePass();
    averaging.setPipeline(this.#average);
    averaging.setBindGroup(0, bind(device, this.#average, 0, { 0: shape, 1: drawn, 2: cells }));
    averaging.setBindGroup(1, bind(device, this.#average, 1, { 0: device.importExternalTexture({ source: raw }) }));
    averaging.dispatchWorkgroups(across, down);
    averaging.end();
    const view = this.#screen.getCurrentTexture().createView();
    const showing = commands.beginRenderPass({ colorAttachments: [{ view, loadOp: 'clear', storeOp: 'store' }] });
    showing.setPipeline(this.#show);
    showing.setBindGroup(0, bind(device, this.#show, 0, { 0: shape, 3: cells }));
    showing.draw(3);
    showing.end();
    device.queue.submit([commands.finish()]);
    const shown = new VideoFrame(this.#canvas, { timestamp, alpha: 'discard' });
    await device.queue.onSubmittedWorkDone();
    for (const buffer of buffers) buffer.destroy();
    const fault = this.#fault; // what went wrong with this one is known by now
    if (fault === undefined) return shown;
    shown.close();
    throw fault;
  }
}

const bind = (device: GPUDevice, pipeline: GPUComputePipeline | GPURenderPipeline, group: number, resources: Readonly<Record<number, GPUBindingResource>>): GPUBindGroup => {
  const entries = Object.entries(resources).map(([binding, resource]) => ({ binding: Number(binding), resource }));
  return device.createBindGroup({ layout: pipeline.getBindGroupLayout(group), entries });
};
