/** Runs in the page: the filters that are put through the suite, and two that are none. */
import { Bauta } from '../../../web/src/index.js';
import type { Ailment, Filter } from '../../../web/src/conformance.js';
import { SelfieSegmentation, ail } from './segmenter.js';

const ALL: readonly Ailment[] = ['slow-start', 'throws-once', 'throws', 'hangs'];

interface TrackGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}
declare const MediaStreamTrackGenerator: new (init: { kind: 'video' }) => TrackGenerator;
declare const MediaStreamTrackProcessor: new (init: { track: MediaStreamTrack }) => { readonly readable: ReadableStream<VideoFrame> };

/** Bauta on the processor. The bench gives it an engine that reads from its address what ails it. */
export const ours = (version: string): Filter => {
  let made: Bauta | undefined;
  let runs = 0;
  return {
    name: 'bauta',
    version,
    stubbed: [],
    ailments: ALL,
    async start(camera, ailment) {
      const assetBase = `/ailment/${ailment}/${String(runs++)}/${String(performance.now())}/`;
      made = await Bauta.create({ engine: 'cpu', assetBase });
      return made.attach(camera);
    },
    close: () => made?.close(),
  };
};

const throughStream = (name: string, transform: (frame: VideoFrame) => VideoFrame): Filter => {
  let abort = new AbortController();
  return {
    name,
    version: '-',
    stubbed: [],
    ailments: [],
    start(camera) {
      abort = new AbortController();
      const { signal } = abort;
      const output = new MediaStreamTrackGenerator({ kind: 'video' });
      const stream = new TransformStream<VideoFrame, VideoFrame>({
        transform: (frame, out) => { out.enqueue(transform(frame)); },
      });
      const { readable } = new MediaStreamTrackProcessor({ track: camera });
      readable.pipeThrough(stream, { signal }).pipeTo(output.writable, { signal }).catch(() => undefined);
      return output;
    },
    close: () => { abort.abort(); },
  };
};

/** The positive control: it hides nothing. */
export const passThrough = (): Filter => throughStream('pass-through', (frame) => frame);

/** The negative control: it shows nothing. */
export const black = (): Filter =>
  throughStream('black', (frame) => {
    const { codedWidth, codedHeight, timestamp } = frame;
    frame.close();
    return new VideoFrame(new Uint8Array(4 * codedWidth * codedHeight), { format: 'RGBX', codedWidth, codedHeight, timestamp });
  });

/** A background of two colours, so that it is not taken for a slate. */
const BACKGROUND = '/background.svg';

/** Where the bench serves the other filters. */
const ADDRESSES: Readonly<Record<'liveKit' | 'shiguredo', string>> = { liveKit: '/livekit.js', shiguredo: '/shiguredo.js' };

interface LiveKit {
  BackgroundProcessor(options: object): {
    readonly processedTrack?: MediaStreamTrack;
    init(options: object): Promise<void>;
    destroy(): Promise<void>;
  };
}

/** LiveKit's virtual background, on a segmenter of ours. */
export const liveKit = async (version: string): Promise<Filter> => {
  const library = (await import(ADDRESSES.liveKit)) as LiveKit;
  let processor: ReturnType<LiveKit['BackgroundProcessor']> | undefined;
  return {
    name: '@livekit/track-processors',
    version,
    stubbed: ['@mediapipe/tasks-vision: a segmenter that finds background everywhere; where it hangs it never calls back'],
    ailments: ALL,
    async start(camera, ailment) {
      ail(ailment);
      const element = Object.assign(document.createElement('video'), { muted: true, srcObject: new MediaStream([camera]) });
      await element.play();
      processor = library.BackgroundProcessor({ mode: 'virtual-background', imagePath: BACKGROUND });
      await processor.init({ kind: 'video', track: camera, element });
      if (processor.processedTrack) return processor.processedTrack;
      throw new Error('it gave no track');
    },
    close: () => processor?.destroy(),
  };
};

interface Shiguredo {
  VirtualBackgroundProcessor: new (assets: string) => {
    segmentation: object;
    startProcessing(track: MediaStreamTrack, options: object): Promise<MediaStreamTrack>;
    stopProcessing(): void;
  };
}

/** Shiguredo's virtual background, on a segmenter of ours. */
export const shiguredo = async (version: string): Promise<Filter> => {
  const library = (await import(ADDRESSES.shiguredo)) as Shiguredo;
  let processor: InstanceType<Shiguredo['VirtualBackgroundProcessor']> | undefined;
  return {
    name: '@shiguredo/virtual-background',
    version,
    stubbed: ['its built-in MediaPipe SelfieSegmentation: a segmenter that finds background everywhere; where it hangs its promise never settles'],
    ailments: ALL,
    async start(camera, ailment) {
      ail(ailment);
      const image = Object.assign(new Image(), { src: BACKGROUND });
      await image.decode();
      processor = new library.VirtualBackgroundProcessor('/shiguredo/');
      processor.segmentation = new SelfieSegmentation();
      return processor.startProcessing(camera, { backgroundImage: image });
    },
    close: () => { processor?.stopProcessing(); },
  };
};
