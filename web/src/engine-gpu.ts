import { adapterName, findAdapter } from './adapter.js';
import type { Assets, Engine } from './engine.js';
import { faultOf, isTrap, openScript, readCard } from './engine-file.js';
import type { Card } from './engine-file.js';
import { BautaError } from './faults.js';
import { SHRINK_TILE, growKernel, shrinkKernel } from './kernels.js';

/** The WebAssembly engine, as `crate/src/web/gpu.rs` exports it. Offsets and sizes are in bytes. */
interface Session {
  prepare(width: number, height: number): Uint32Array;
  device(): GPUDevice;
  queue(): GPUQueue;
  inputBuffer(): GPUBuffer;
  inputOffset(): number;
  inputSize(): number;
  forward(): void;
  release(): Promise<void>;
  answer(): boolean;
  ledger(): string | undefined;
  outputBuffer(): GPUBuffer;
  outputOffset(): number;
  outputSize(): number;
  outputStrides(): Uint32Array;
  free(): void;
}

interface Exports {
  readonly GpuEngine: { load(weights: Uint8Array, card: string, ledger: string): Promise<Session> };
}

/** Of `GPUBufferUsage`, whose values TypeScript's own library does not declare. */
const COPY_DST = 0x08;
const UNIFORM = 0x40;

interface Pipelines {
  readonly shrink: GPUComputePipeline;
  readonly grow: GPURenderPipeline;
}

/** A small buffer of numbers for a kernel and the bind group it is in; both last until a number changes. */
interface Bound {
  readonly numbers: readonly number[];
  readonly buffer: GPUBuffer;
  readonly sizes: GPUBuffer;
  readonly group: GPUBindGroup;
}

/** Frames through the GPU: imported, shrunk, anonymized and drawn there; no pixel is ever read back. */
export class GpuEngine implements Engine {
  readonly kind = 'webgpu';
  readonly adapter: string;
  readonly card: Card;
  readonly #session: Session;
  /** Whether what it shows are releases, which a ledger counts. */
  readonly #counts: boolean;
  readonly #device: GPUDevice;
  readonly #queue: GPUQueue;
  readonly #pipelines: Pipelines;
  readonly #canvas = new OffscreenCanvas(1, 1);
  readonly #screen: GPUCanvasContext;
  readonly #onLost: (fault: BautaError) => void;
  #input: Bound | undefined;
  #output: Bound | undefined;
  #broken: BautaError | undefined;

  private constructor(session: Session, pipelines: Pipelines, adapter: string, assets: Assets) {
    this.card = readCard(assets.card);
    this.adapter = adapter;
    this.#session = session;
    this.#counts = session.ledger() !== undefined;
    this.#device = session.device();
    this.#queue = session.queue();
    this.#pipelines = pipelines;
    this.#onLost = assets.onLost ?? (() => undefined);
    const screen = this.#canvas.getContext('webgpu') as GPUCanvasContext | null;
    if (screen === null) throw new BautaError('no-webgpu', 'the browser gives no WebGPU canvas; use the CPU engine');
    this.#screen = screen;
    this.#screen.configure({ device: this.#device, format: canvasFormat(), alphaMode: 'opaque' });
    void this.#device.lost.then(({ message }) => { this.#break(`the GPU device is lost: ${message}`); });
    this.#device.addEventListener('uncapturederror', this.#refused);
  }

  static async load(assets: Assets): Promise<GpuEngine> {
    const { architecture } = readCard(assets.card).config;
    if (architecture === 'motion') throw new BautaError('no-webgpu', 'a model of movement is too small to gain from a GPU; use the CPU engine');
    const { info } = await findAdapter(assets.allowSoftwareGpu ?? false);
    const exports = await openScript<Exports>('gpu', assets);
    let session: Session | undefined;
    try {
      session = await exports.GpuEngine.load(assets.weights, assets.card, assets.ledger ?? '{}');
      return new GpuEngine(session, await compile(session.device()), adapterName(info), assets);
    } catch (cause) {
      if (!isTrap(cause)) session?.free();
      throw faultOf(cause, 'no-webgpu');
    }
  }

  anonymize(raw: VideoFrame): Promise<VideoFrame> {
    return this.#made(raw.displayWidth, raw.displayHeight, raw.timestamp, async () => {
      const working = this.#shrink(raw);
      if (this.#counts) await this.#session.release(); // what is released is read back
      else this.#session.forward();
      return working;
    });
  }

  async answer(): Promise<VideoFrame | undefined> {
    if (!this.#counts) return undefined;
    const { width, height } = this.card.known_answer;
    return this.#made(width, height, 0, () => {
      const [across = 0, down = 0] = this.#session.prepare(width, height);
      this.#session.answer();
      return Promise.resolve([across, down]);
    });
  }

  ledger(): string | undefined {
    return this.#session.ledger();
  }

  /** A frame of what `compute` leaves in the network's output; that gives the working size. */
  async #made(width: number, height: number, timestamp: number, compute: () => Promise<readonly [number, number]>): Promise<VideoFrame> {
    if (this.#broken) throw this.#broken;
    let shown: VideoFrame;
    try {
      this.#grow(await compute(), width, height);
      // Takes what was just drawn: the canvas is cleared once this task ends.
      shown = new VideoFrame(this.#canvas, { timestamp, alpha: 'discard' });
    } catch (cause) {
      const fault = faultOf(cause, 'frame-failed');
      if (isTrap(cause)) this.#break(fault.message);
      throw fault;
    }
    // One frame on the GPU at a time; and what went wrong with this one is known before it leaves.
    await this.#queue.onSubmittedWorkDone();
    const fault = this.#fault();
    if (fault === undefined) return shown;
    shown.close();
    throw fault;
  }

  /** Gives the model back. The device stays open: it belongs to the WebAssembly instance, and so to the worker. */
  close(): void {
    this.#device.removeEventListener('uncapturederror', this.#refused);
    this.#input?.sizes.destroy();
    this.#output?.sizes.destroy();
    if (this.#broken) return; // what is left of a broken instance must not be called
    this.#broken = new BautaError('frame-failed', 'the engine is closed');
    this.#session.free();
  }

  /** Frame to network input; gives the working size. */
  #shrink(raw: VideoFrame): readonly [number, number] {
    const frame = this.#device.importExternalTexture({ source: raw });
    const [width = 0, height = 0] = this.#session.prepare(raw.displayWidth, raw.displayHeight);
    this.#input = this.#bind(this.#input, this.#pipelines.shrink, [width, height], {
      buffer: this.#session.inputBuffer(),
      offset: this.#session.inputOffset(),
      size: this.#session.inputSize(),
    });
    const layout = this.#pipelines.shrink.getBindGroupLayout(1);
    const imported = this.#device.createBindGroup({ layout, entries: [{ binding: 0, resource: frame }] });
    const commands = this.#device.createCommandEncoder();
    const pass = commands.beginComputePass();
    pass.setPipeline(this.#pipelines.shrink);
    pass.setBindGroup(0, this.#input.group);
    pass.setBindGroup(1, imported);
    pass.dispatchWorkgroups(Math.ceil(width / SHRINK_TILE), Math.ceil(height / SHRINK_TILE));
    pass.end();
    this.#queue.submit([commands.finish()]);
    return [width, height];
  }

  /** Network output to canvas. */
  #grow(working: readonly [number, number], width: number, height: number): void {
    const numbers = [...working, width, height, ...this.#session.outputStrides()];
    this.#output = this.#bind(this.#output, this.#pipelines.grow, numbers, {
      buffer: this.#session.outputBuffer(),
      offset: this.#session.outputOffset(),
      size: this.#session.outputSize(),
    });
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    const view = this.#screen.getCurrentTexture().createView();
    const commands = this.#device.createCommandEncoder();
    const pass = commands.beginRenderPass({ colorAttachments: [{ view, loadOp: 'clear', storeOp: 'store' }] });
    pass.setPipeline(this.#pipelines.grow);
    pass.setBindGroup(0, this.#output.group);
    pass.draw(3);
    pass.end();
    this.#queue.submit([commands.finish()]);
  }

  /** The bind group of a kernel's numbers and of a picture in the network's memory: the last one where it still holds. */
  #bind(
    last: Bound | undefined,
    pipeline: GPUComputePipeline | GPURenderPipeline,
    picture: readonly number[],
    memory: GPUBufferBinding & { readonly buffer: GPUBuffer; readonly offset: number },
  ): Bound {
    const numbers = [...picture, memory.offset];
    const holds = last?.buffer === memory.buffer && numbers.every((number, index) => number === last.numbers[index]);
    if (holds) return last;
    last?.sizes.destroy();
    const sizes = this.#device.createBuffer({
      size: Math.max(16, 8 * Math.ceil(picture.length / 2)),
      usage: UNIFORM | COPY_DST,
    });
    this.#queue.writeBuffer(sizes, 0, new Uint32Array(picture));
    const group = this.#device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [
        { binding: 0, resource: { buffer: sizes } },
        { binding: 1, resource: memory },
      ],
    });
    return { numbers, buffer: memory.buffer, sizes, group };
  }

  readonly #refused = ({ error }: GPUUncapturedErrorEvent): void => {
    this.#break(`the GPU refused a command: ${error.message}`);
  };

  #break(reason: string): void {
    if (this.#broken) return;
    this.#broken = new BautaError('device-lost', `${reason}; load the engine again in a fresh worker`);
    this.#onLost(this.#broken);
  }

  /** Asked, not remembered: it changes while something is awaited. */
  #fault(): BautaError | undefined {
    return this.#broken;
  }
}

const canvasFormat = (): GPUTextureFormat => navigator.gpu.getPreferredCanvasFormat();

const compile = async (device: GPUDevice): Promise<Pipelines> => {
  const shrinkModule = device.createShaderModule({ label: 'shrink', code: shrinkKernel });
  const growModule = device.createShaderModule({ label: 'grow', code: growKernel });
  const [shrink, grow] = await Promise.all([
    device.createComputePipelineAsync({ layout: 'auto', compute: { module: shrinkModule } }),
    device.createRenderPipelineAsync({
      layout: 'auto',
      vertex: { module: growModule },
      fragment: { module: growModule, targets: [{ format: canvasFormat() }] },
    }),
  ]);
  return { shrink, grow };
};
