/** Whether a worker can be given a track, take its frames and make another one, as Safari's can. */
export const canGiveTracks = async (): Promise<boolean> => {
  const canvas = document.createElement('canvas');
  canvas.getContext('2d'); // without one, Firefox captures nothing and throws
  const [track] = canvas.captureStream().getVideoTracks();
  const worker = new Worker(new URL('./track-probe-worker.js', import.meta.url), { type: 'module', name: 'bauta probe' });
  try {
    return await new Promise<boolean>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<boolean>) => { resolve(data); };
      worker.onerror = () => { resolve(false); };
      worker.postMessage(track, [track as unknown as Transferable]); // throws where tracks cannot be given away
      setTimeout(reject, PATIENCE_MS);
    });
  } catch {
    return false;
  } finally {
    worker.terminate();
    track?.stop();
  }
};

const PATIENCE_MS = 3000;
