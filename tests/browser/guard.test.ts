/** The upload guard in a browser: what no Bauta made is refused at every way out, what one made passes. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openBench } from './bench.js';
import type { Bench } from './bench.js';

/** What the tests put into the page. */
interface Prepared {
  /** The camera's own track, and Bauta's. */
  readonly raw: MediaStreamTrack;
  readonly made: MediaStreamTrack;
  /** A raw frame. The caller closes it. */
  readonly frame: () => VideoFrame;
  readonly encoder: VideoEncoder;
  /** What `act` came to: `passed`, or the name, code and way of its error; `later` where it gave a promise. */
  readonly outcome: (act: () => unknown) => Promise<string>;
  /** The ways of the violations that were told. */
  readonly told: string[];
  takeOff: () => void;
}
declare global {
  interface Window {
    prepared: Prepared;
  }
}

let bench: Bench;
let page: Page;
beforeAll(async () => {
  bench = await openBench({ gpu: false });
});
afterAll(() => bench.close());
beforeEach(async () => {
  page = await bench.page();
  await page.evaluate(prepare);
});
afterEach(() => page.close());

/** Puts the guard on and opens the camera twice: bare, and by Bauta. */
const prepare = async (): Promise<void> => {
  const told: string[] = [];
  const takeOff = window.guard.guardUploads({ onViolation: ({ way }) => { told.push(way); } });
  window.made = await window.library.Bauta.create({ engine: 'cpu' });
  const made = await window.made.openCamera({ width: 640, height: 480 });
  const [raw] = (await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } })).getVideoTracks();
  if (raw === undefined) throw new Error('no camera');
  const encoder = new VideoEncoder({ output: () => undefined, error: () => undefined });
  encoder.configure({ codec: 'vp8', width: 64, height: 64 });
  const named = (cause: unknown): string => {
    const { name, code, way } = cause as { name: string; code?: string; way?: string };
    return cause instanceof window.guard.RawUploadError ? `${String(code)} ${String(way)}` : name;
  };
  const outcome = async (act: () => unknown): Promise<string> => {
    let given: unknown;
    try {
      given = act();
    } catch (cause) {
      return named(cause);
    }
    return given instanceof Promise ? given.then(() => 'passed', (cause: unknown) => `later ${named(cause)}`) : 'passed';
  };
  const frame = (): VideoFrame => new VideoFrame(new Uint8Array(4 * 64 * 64), { format: 'RGBA', codedWidth: 64, codedHeight: 64, timestamp: 0 });
  window.prepared = { raw, made, frame, encoder, outcome, told, takeOff };
};

const REFUSED = [
  'raw-upload RTCPeerConnection.addTrack',
  'raw-upload RTCPeerConnection.addTransceiver',
  'raw-upload RTCPeerConnection.addStream',
  'later raw-upload RTCRtpSender.replaceTrack',
  'raw-upload MediaRecorder',
  'raw-upload MediaRecorder.start',
  'raw-upload VideoEncoder.encode',
];
const WAYS = REFUSED.map((outcome) => outcome.split(' ').at(-1));

/** Tries every way out with a track that is `raw`, `made` or a clone, and a frame that is raw or processed. */
const tryAll = (what: 'raw' | 'made' | 'clone' | 'clone in a stream'): Promise<string[]> =>
  page.evaluate(async (what) => {
    const { raw, made, frame, encoder, outcome } = window.prepared;
    const tracks = { raw: () => raw, made: () => made, clone: () => made.clone(), 'clone in a stream': () => new MediaStream([made]).clone().getVideoTracks()[0]! };
    const track = tracks[what]();
    const stream = new MediaStream([track]);
    const early = new MediaStream([made]);
    const recorder = new MediaRecorder(early);
    early.removeTrack(made);
    early.addTrack(track); // after the recorder was made
    const connection = (): RTCPeerConnection & { addStream?: (stream: MediaStream) => void } => new RTCPeerConnection();
    const processed = what === 'raw' ? frame() : await window.made.processFrame(frame());
    const leaving = what === 'made' ? processed : processed.clone();
    const outcomes = [
      await outcome(() => connection().addTrack(track, stream)),
      await outcome(() => connection().addTransceiver(track)),
      await outcome(() => { connection().addStream?.(stream); }),
      await outcome(() => connection().addTransceiver('video').sender.replaceTrack(track)),
      await outcome(() => new MediaRecorder(stream)),
      await outcome(() => { recorder.start(); }),
      await outcome(() => { encoder.encode(leaving, { keyFrame: true }); }),
    ];
    if (what !== 'raw') await encoder.flush();
    for (const one of [processed, leaving]) one.close();
    return outcomes;
  }, what);

describe('with the guard on', () => {
  test("the camera's track and frames are refused at every way out, with a typed error, and told (F16)", async () => {
    expect(await tryAll('raw')).toEqual(REFUSED);
    expect(await page.evaluate(() => window.prepared.told)).toEqual(WAYS);
    const message = await page.evaluate(() => {
      try {
        new RTCPeerConnection().addTrack(window.prepared.raw);
        return '';
      } catch (cause) {
        return cause instanceof window.library.BautaError ? cause.message : '';
      }
    });
    expect(message).toMatch(/RTCPeerConnection\.addTrack .* no Bauta made.* give it the track of openCamera/);
  });

  test.each(['made', 'clone', 'clone in a stream'] as const)("Bauta's own pass: %s", async (what) => {
    expect(await tryAll(what)).toEqual(REFUSED.map(() => 'passed'));
    expect(await page.evaluate(() => window.prepared.told)).toEqual([]);
  });

  test("a clone of the camera's track is as raw as that, alone or in a stream with Bauta's (F16)", async () => {
    const outcomes = await page.evaluate(async () => {
      const { raw, made, frame, encoder, outcome } = window.prepared;
      const both = new MediaStream([raw, made]).clone();
      const [one, other] = both.getVideoTracks();
      const send = (track: MediaStreamTrack) => outcome(() => new RTCPeerConnection().addTrack(track));
      return [await send(raw.clone()), await send(one!), await send(other!), await outcome(() => { encoder.encode(frame().clone()); })];
    });
    expect(outcomes).toEqual([REFUSED[0], REFUSED[0], 'passed', REFUSED.at(-1)]);
  });

  test("frames read from Bauta's track pass, those read from the camera do not", async () => {
    const outcomes = await page.evaluate(async () => {
      const { raw, made, encoder, outcome } = window.prepared;
      const found: string[] = [];
      for (const track of [made, raw]) {
        let count = 0;
        await window.watch.eachFrame(track, async (frame) => {
          found.push(await outcome(() => { encoder.encode(frame); }));
          return ++count < 3;
        });
      }
      return found;
    });
    expect(outcomes).toEqual([...Array<string>(3).fill('passed'), ...Array<string>(3).fill('raw-upload VideoEncoder.encode')]);
  });

  test('a recorder writes what Bauta made', async () => {
    const bytes = await page.evaluate(async () => {
      const recorder = new MediaRecorder(new MediaStream([window.prepared.made]));
      const recorded = new Promise<number>((resolve) => { recorder.ondataavailable = ({ data }) => { resolve(data.size); }; });
      recorder.start();
      await new Promise((go) => setTimeout(go, 1500));
      recorder.stop();
      return recorded;
    });
    expect(bytes).toBeGreaterThan(1000);
  });

  test('sound passes, and so do null, a kind without a track, and what the browser itself refuses', async () => {
    const outcomes = await page.evaluate(async () => {
      const { outcome } = window.prepared;
      const [sound] = new AudioContext().createMediaStreamDestination().stream.getAudioTracks();
      const connection = new RTCPeerConnection();
      const sender = connection.addTransceiver('audio').sender;
      return [
        await outcome(() => connection.addTrack(sound!)),
        await outcome(() => connection.addTransceiver(sound!)),
        await outcome(() => sender.replaceTrack(sound!)),
        await outcome(() => { new MediaRecorder(new MediaStream([sound!])).start(); }),
        await outcome(() => connection.addTransceiver('video').sender.replaceTrack(null)),
        await outcome(() => connection.addTrack({} as MediaStreamTrack)),
      ];
    });
    expect(outcomes).toEqual([...Array<string>(5).fill('passed'), 'TypeError']);
  });

  test('a property that claims something does not help, nor a change to what the guard relies on', async () => {
    const outcomes = await page.evaluate(async () => {
      const { raw, made, outcome, encoder, frame } = window.prepared;
      const send = (track: MediaStreamTrack) => outcome(() => new RTCPeerConnection().addTrack(track));
      const forged = raw.clone();
      Object.defineProperty(forged, 'kind', { value: 'audio' });
      const dressed = Object.setPrototypeOf(raw.clone(), Object.getPrototypeOf(made) as object) as MediaStreamTrack;
      const stream = new MediaStream([raw]);
      Object.defineProperty(stream, 'getVideoTracks', { value: () => [] });
      const scope = window as unknown as { MediaStreamTrackProcessor: new (init: object) => object };
      let asked = 0;
      new scope.MediaStreamTrackProcessor({ get track() { return asked++ === 0 ? made : raw; } });
      WeakSet.prototype.has = () => true;
      Set.prototype.has = () => true;
      Array.prototype.some = () => false;
      const getKind = Object.getOwnPropertyDescriptor(MediaStreamTrack.prototype, 'kind');
      Object.defineProperty(MediaStreamTrack.prototype, 'kind', { ...getKind, get: () => 'audio' });
      const outcomes = [await send(forged), await send(dressed), await outcome(() => new MediaRecorder(stream)), await send(raw), await outcome(() => { encoder.encode(frame()); })];
      return { outcomes, asked };
    });
    expect(outcomes).toEqual({ outcomes: [REFUSED[0], REFUSED[0], REFUSED[4], REFUSED[0], REFUSED.at(-1)], asked: 1 });
  });

  test("an iframe's track is refused, and a canvas is until someone vouches for it", async () => {
    const outcomes = await page.evaluate(async () => {
      const { outcome } = window.prepared;
      const send = (track: MediaStreamTrack) => outcome(() => new RTCPeerConnection().addTrack(track));
      const frame = document.body.appendChild(document.createElement('iframe'));
      const foreign = await frame.contentWindow!.navigator.mediaDevices.getUserMedia({ video: true });
      const canvas = document.createElement('canvas');
      canvas.getContext('2d');
      const drawn = canvas.captureStream().getVideoTracks()[0]!;
      return [await send(foreign.getVideoTracks()[0]!), await send(drawn), await send(window.guard.vouchFor(drawn))];
    });
    expect(outcomes).toEqual([REFUSED[0], REFUSED[0], 'passed']);
  });
});

describe('taking it off', () => {
  test('puts the very functions of the browser back, in whatever order guards go, and twice is once', async () => {
    await page.evaluate(() => { window.prepared.takeOff(); });
    const found = await page.evaluate(async () => {
      const scope = window as unknown as Record<string, { prototype: Record<string, unknown> }>;
      const methods = ['RTCPeerConnection.addTrack', 'RTCPeerConnection.addTransceiver', 'RTCPeerConnection.addStream', 'RTCRtpSender.replaceTrack',
        'MediaRecorder.start', 'VideoEncoder.encode', 'MediaStreamTrack.clone', 'MediaStream.clone', 'VideoFrame.clone'].map((name) => name.split('.') as [string, string]);
      const functions = (): unknown[] => [scope.MediaRecorder, scope.MediaStreamTrackProcessor, ...methods.map(([owner, name]) => scope[owner]!.prototype[name])];
      const same = (a: unknown[], b: unknown[]): number => a.filter((one, at) => one === b[at]).length;
      const { guardUploads } = window.guard;
      const { outcome, raw } = window.prepared;
      const send = () => outcome(() => new RTCPeerConnection().addTrack(raw));
      const told: string[] = [];
      const before = functions();
      const first = guardUploads({ onViolation: () => { told.push('first'); throw new Error('of the listener'); } });
      const second = guardUploads({ onViolation: () => told.push('second') });
      const during = functions();
      const outcomes = [await send()];
      first();
      first();
      outcomes.push(await send());
      const third = guardUploads();
      second();
      outcomes.push(await send());
      third();
      outcomes.push(await send());
      return { outcomes, told, count: before.length, wrapped: before.length - same(before, during), back: same(before, functions()) };
    });
    expect(found).toEqual({ outcomes: [...Array<string>(3).fill(REFUSED[0]!), 'passed'], told: ['first', 'second', 'second'], count: 11, wrapped: 11, back: 11 });
  });

  test('leaves what another script has wrapped meanwhile, and lets everything pass there', async () => {
    const outcomes = await page.evaluate(async () => {
      const { outcome, raw, takeOff } = window.prepared;
      const send = () => outcome(() => new RTCPeerConnection().addTrack(raw));
      const prototype = RTCPeerConnection.prototype as { addTrack: (this: RTCPeerConnection, track: MediaStreamTrack) => RTCRtpSender };
      const { addTrack } = prototype;
      let calls = 0;
      prototype.addTrack = function (track) {
        calls++;
        return addTrack.call(this, track);
      };
      const found = [await send()];
      takeOff();
      found.push(await send());
      const again = window.guard.guardUploads();
      found.push(await send());
      again();
      found.push(await send(), String(calls));
      return found;
    });
    expect(outcomes).toEqual([REFUSED[0], 'passed', REFUSED[0], 'passed', '3']);
  });
});
