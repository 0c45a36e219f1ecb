/** The tracks and frames that hold nothing but anonymized pictures. Being in here is no property, so none can forge it. */
const anonymized = new WeakSet();

/** Bound while nothing else has run: what a page does to `WeakSet.prototype` later does not matter. */
const add = anonymized.add.bind(anonymized);
const has = anonymized.has.bind(anonymized);

/** Notes that `made` came out of the anonymizer, and gives it back. */
export const brand = <Made extends MediaStreamTrack | VideoFrame>(made: Made): Made => {
  add(made);
  return made;
};

export const isBranded = (thing: unknown): boolean => has(thing as WeakKey);

/** What attaches a track to a Bauta at once, for adapters whose callers do not wait. */
export const attachers = new WeakMap<object, (track: MediaStreamTrack) => MediaStreamTrack>();
