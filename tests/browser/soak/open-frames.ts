/**
 * Runs in the page and in each worker, before anything else: counts the `VideoFrame`s that are open there, and tells
 * whoever asks on the channel `open-frames`. A frame that was closed or given away has no width any more. One that was
 * forgotten without being closed counts until its garbage is collected; Chromium's own complaint of such frames is no
 * help, as it also comes for frames that Chromium itself drops when a track ends.
 */

const known = new Set<WeakRef<VideoFrame>>();

const note = (frame: unknown): void => {
  if (frame instanceof VideoFrame) known.add(new WeakRef(frame));
};

const countOpen = (): number => {
  let open = 0;
  for (const reference of known) {
    if ((reference.deref()?.codedWidth ?? 0) > 0) open++;
    else known.delete(reference);
  }
  return open;
};

// Made here.
globalThis.VideoFrame = new Proxy(VideoFrame, {
  construct(target, init: ConstructorParameters<typeof VideoFrame>) {
    const frame = new target(...init);
    note(frame);
    return frame;
  },
});
const { clone } = VideoFrame.prototype as { clone: (this: VideoFrame) => VideoFrame };
VideoFrame.prototype.clone = function () {
  const frame = clone.call(this);
  note(frame);
  return frame;
};

// Received in messages: see protocol.ts for where frames are in them.
const data = Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'data');
Object.defineProperty(MessageEvent.prototype, 'data', {
  ...data,
  get(this: MessageEvent): unknown {
    const told = data?.get?.call(this) as { command?: { frame?: unknown }; answer?: unknown } | null | undefined;
    note(told?.command?.frame);
    note(told?.answer);
    return told;
  },
});

// Received from a stream.
globalThis.TransformStream = new Proxy(TransformStream, {
  construct(target, [transformer, ...strategies]: ConstructorParameters<typeof TransformStream<VideoFrame, VideoFrame>>) {
    const transform = transformer?.transform;
    if (transform === undefined) return new target(transformer, ...strategies);
    return new target({ ...transformer, transform: (frame, out) => { note(frame); return transform(frame, out); } }, ...strategies);
  },
});

const channel = new BroadcastChannel('open-frames');
channel.onmessage = ({ data }: MessageEvent<{ readonly asks?: true }>) => {
  if (data.asks) channel.postMessage({ open: countOpen() });
};

/** Open frames of all scopes but this one that answer within a moment, and of this one. */
export const countEverywhere = async (): Promise<number> => {
  let open = countOpen();
  const ear = new BroadcastChannel('open-frames');
  ear.onmessage = ({ data }: MessageEvent<{ readonly open?: number }>) => { open += data.open ?? 0; };
  ear.postMessage({ asks: true });
  await new Promise((go) => setTimeout(go, 500));
  ear.close();
  return open;
};
