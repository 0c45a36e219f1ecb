/** Runs in the page: makes Chromium lack streams of tracks, as Firefox does, and looks at what is painted instead. */
import { eachFrame, look, onPainted, outputs, seen } from '../watch.js';

for (const name of ['MediaStreamTrackProcessor', 'MediaStreamTrackGenerator']) Reflect.deleteProperty(globalThis, name);

onPainted((track) => {
  outputs.push(track);
  void eachFrame(track, async (frame) => {
    seen.push(await look(frame));
    return true;
  });
});
