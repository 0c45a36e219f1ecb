/**
 * Stands in for MediaPipe's segmenters, which need a model from a server of its makers. It says of every picture
 * that all of it is background, so that a filter that works shows nothing of the camera.
 */
import type { Ailment } from '../../../web/src/conformance.js';

/** What is wrong with the next segmenter, and with the one that is made from it. */
let next: Ailment = 'none';
export const ail = (ailment: Ailment): void => { next = ailment; };

const THIRD = 2;

/** One segmenter's illness: settles for a frame that is to be processed, throws, or never settles. */
export class Patient {
  readonly #ailment = next;
  #frames = 0;

  async start(): Promise<void> {
    if (this.#ailment === 'slow-start') await new Promise((go) => setTimeout(go, 1500));
  }

  /** Says whether to answer about the next frame. */
  suffer(): boolean {
    const number = this.#frames++;
    if (this.#ailment === 'throws' || (this.#ailment === 'throws-once' && number === THIRD)) throw new Error('made to fail');
    return !(this.#ailment === 'hangs' && number >= THIRD);
  }
}

/** What LiveKit takes from `@mediapipe/tasks-vision`. */
export const FilesetResolver = { forVisionTasks: (): Promise<object> => Promise.resolve({}) };

interface Result {
  readonly categoryMask: { getAsWebGLTexture(): WebGLTexture };
  close(): void;
}

export class ImageSegmenter {
  readonly #patient = new Patient();
  readonly #gl: WebGL2RenderingContext;

  private constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
  }

  static async createFromOptions(_files: object, { canvas }: { readonly canvas: OffscreenCanvas }): Promise<ImageSegmenter> {
    const gl = canvas.getContext('webgl2');
    if (gl === null) throw new Error('this browser has no WebGL 2');
    const segmenter = new ImageSegmenter(gl);
    await segmenter.#patient.start();
    return segmenter;
  }

  /** Calls back before it comes back, as MediaPipe's does. */
  segmentForVideo(_frame: VideoFrame, _timeMs: number, tell: (result: Result) => void): void {
    if (!this.#patient.suffer()) return;
    const gl = this.#gl;
    const before = gl.getParameter(gl.TEXTURE_BINDING_2D) as WebGLTexture | null;
    const background = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, background);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 1, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array([255, 255, 255, 255]));
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.bindTexture(gl.TEXTURE_2D, before);
    tell({ categoryMask: { getAsWebGLTexture: () => background }, close: () => undefined });
    gl.deleteTexture(background);
  }

  close(): void { /* it holds nothing */ }
}

type Tell = (results: { readonly image: ImageBitmap; readonly segmentationMask: OffscreenCanvas }) => void;

/** What Shiguredo takes from `@mediapipe/selfie_segmentation`, which is built into its package. */
export class SelfieSegmentation {
  readonly #patient = new Patient();
  #tell: Tell = () => undefined;

  initialize(): Promise<void> {
    return this.#patient.start();
  }

  setOptions(): void { /* there is one model */ }

  onResults(tell: Tell): void {
    this.#tell = tell;
  }

  async send({ image }: { readonly image: ImageBitmap }): Promise<void> {
    if (!this.#patient.suffer()) await new Promise(() => undefined);
    const segmentationMask = new OffscreenCanvas(image.width, image.height); // clear all over: nobody is there
    segmentationMask.getContext('2d')?.clearRect(0, 0, image.width, image.height);
    this.#tell({ image, segmentationMask });
  }
}
