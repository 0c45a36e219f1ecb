const PATIENCE_MS = 3000;

/** Whether a worker can be given a track, take its frames and make another one, as Safari's can. */
export const canGiveTracks = async (): Promise<boolean> => {
  const canvas = document.createElement('canvas');
  canvas.getContext('2d'); // without one, Firefox captures nothing and throws
  const [track] = canvas.captureStream().getVideoTracks();
  let worker: Worker | undefined;
  try {
    const probe = worker = new Worker(new URL('./track-probe-worker.js', import.meta.url), { type: 'module', name: 'bauta probe' });
    return await new Promise<boolean>((resolve) => {
      probe.onmessage = ({ data }: MessageEvent<boolean>) => { resolve(data); };
      probe.onerror = () => { resolve(false); };
      probe.postMessage(track, [track as unknown as Transferable]); // throws where tracks cannot be given away
      setTimeout(() => { resolve(false); }, PATIENCE_MS);
    });
  } catch {
    return false;
  } finally {
    worker?.terminate();
    track?.stop();
  }
};
