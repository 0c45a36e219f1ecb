/** Runs in a real Firefox: a camera that shows people with marks, and a look at what each track of the library shows. */
import { MARK_SIZE, finestPattern, markAt, marksIn } from '../../../web/src/conformance/marks.js';
import { isSlate, onPainted, outputs, seen } from '../watch.js';
import type { Seen } from '../watch.js';

const [WIDTH, HEIGHT] = [640, 480];

const pictureOf = (video: HTMLVideoElement, context: CanvasRenderingContext2D): Seen => {
  const { videoWidth: width, videoHeight: height } = video;
  Object.assign(context.canvas, { width, height });
  context.drawImage(video, 0, 0);
  const rgba = new Uint8Array(context.getImageData(0, 0, width, height).data);
  const atMs = performance.now();
  return { width, height, timestamp: Math.round(video.currentTime * 1e6), atMs, isSlate: isSlate(rgba), pattern: finestPattern(rgba, width, height), metadata: '{}' };
};

/** Shows `visit` each picture of a track, as a video element does: there is no other way in Firefox. */
export const eachPicture = async (track: MediaStreamTrack, visit: (picture: Seen) => void): Promise<void> => {
  const video = Object.assign(document.createElement('video'), { muted: true, srcObject: new MediaStream([track]) });
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('the browser gives no canvas');
  const next = (): void => {
    if (video.videoWidth > 0) visit(pictureOf(video, context));
    if (track.readyState === 'live') video.requestVideoFrameCallback(next);
  };
  video.requestVideoFrameCallback(next);
  await video.play();
};

/** The marks, as a picture with nothing beside them. */
const marksOf = (width: number, height: number): ImageBitmapSource => {
  const picture = new ImageData(width, height);
  for (const { x: left, y: top, kind } of marksIn(width, height)) {
    for (let y = top; y < top + MARK_SIZE; y++) {
      for (let x = left; x < left + MARK_SIZE; x++) {
        picture.data.set(markAt(kind, x, y) ? [255, 255, 255, 255] : [0, 0, 0, 255], 4 * (y * width + x));
      }
    }
  }
  return picture;
};

/** A track of people who move, with marks finer than what the model works on. */
export const filmed = async (width = WIDTH, height = HEIGHT): Promise<MediaStreamTrack> => {
  const film = Object.assign(document.createElement('video'), { muted: true, loop: true, src: '/clip/people.webm' });
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const [context, marks] = [canvas.getContext('2d', { alpha: false }), await createImageBitmap(marksOf(width, height))];
  await film.play();
  setInterval(() => {
    context?.drawImage(film, 0, 0, width, height);
    context?.drawImage(marks, 0, 0);
  }, 33);
  document.body.append(canvas);
  const [track] = canvas.captureStream(30).getVideoTracks();
  if (track === undefined) throw new Error('the canvas gives no track');
  return track;
};

onPainted((track) => {
  outputs.push(track);
  void eachPicture(track, (picture) => { seen.push(picture); });
});
