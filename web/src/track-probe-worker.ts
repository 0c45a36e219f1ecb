/** Says whether the ends of a track that was given to it are there. */
globalThis.onmessage = ({ data }) => {
  const isTrack = 'kind' in (data as object) && 'VideoTrackGenerator' in globalThis && 'MediaStreamTrackProcessor' in globalThis;
  (globalThis as unknown as Worker).postMessage(isTrack);
};

export {};
