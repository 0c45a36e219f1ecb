import { BautaError } from './faults.js';

/** What the GPU is called, for people to read. */
export const adapterName = ({ vendor, architecture, device, description }: GPUAdapterInfo): string =>
  [vendor, architecture, device, description].filter((part) => part !== '').join(' ') || 'unnamed GPU';

/** Names of GPUs that are emulated on the processor. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|software/i;

const isSoftware = (info: GPUAdapterInfo): boolean => info.isFallbackAdapter || SOFTWARE.test(adapterName(info));

/**
 * The GPU the engine would get. Downloads nothing, asks for no permission and opens no device.
 *
 * Throws a `no-webgpu` fault that says why there is none.
 */
export const findAdapter = async (allowSoftware: boolean): Promise<GPUAdapter> => {
  const refuse = (reason: string): BautaError => new BautaError('no-webgpu', reason);
  // Typed as always there, yet missing in older browsers and on pages without a secure origin.
  const gpu = navigator.gpu as GPU | undefined;
  if (gpu === undefined) throw refuse('this browser has no WebGPU here');
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw refuse('this browser has WebGPU, but no GPU for it');
  const name = adapterName(adapter.info);
  // Without it the engine's runtime stops while it starts, on an assertion of its own.
  if (!adapter.features.has('timestamp-query')) throw refuse(`the GPU ${name} has no timestamp queries`);
  if (!allowSoftware && isSoftware(adapter.info)) throw refuse(`the GPU ${name} is emulated on the processor`);
  return adapter;
};
