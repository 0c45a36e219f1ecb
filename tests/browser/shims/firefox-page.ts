/** Runs in the page: makes Chromium lack streams of tracks, as Firefox does, and looks at what is painted instead. */
import { eachFrame, look, outputs, seen } from '../watch.js';

for (const name of ['MediaStreamTrackProcessor', 'MediaStreamTrackGenerator']) Reflect.deleteProperty(globalThis, name);

const canvases = HTMLCanvasElement.prototype;
const { captureStream } = canvases as { captureStream: (this: HTMLCanvasElement, rate?: number) => MediaStream };

/** Canvases in the document are the test's own, and show no output. */
canvases.captureStream = function (this: HTMLCanvasElement, ...rate: [number?]) {
  const stream = captureStream.apply(this, rate);
  if (this.isConnected) return stream;
  for (const track of stream.getVideoTracks()) {
    outputs.push(track);
    void eachFrame(track, async (frame) => {
      seen.push(await look(frame));
      return true;
    });
  }
  return stream;
};
