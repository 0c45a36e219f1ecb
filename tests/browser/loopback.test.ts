/** What the far side of a call sees: Bauta's track sent from page to page, and the camera's own for comparison. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBench } from './bench.js';
import type { Bench } from './bench.js';
import { FOUND } from './camera.js';

interface Received {
  readonly width: number;
  readonly height: number;
  readonly pattern: number;
  readonly isSlate: boolean;
}

let bench: Bench;
beforeAll(async () => {
  bench = await openBench({ gpu: false });
});
afterAll(() => bench.close());

/** Calls itself, sends one track, and looks at what arrives until `count` frames at full size have come that are no slates. */
const call = async (sends: 'made' | 'raw', count: number): Promise<Received[]> => {
  const page = await bench.page();
  const received = await page.evaluate(async ({ sends, count }) => {
    if (sends === 'made') window.guard.guardUploads();
    const size = { width: 640, height: 480 };
    const open = async (): Promise<MediaStreamTrack> => {
      if (sends === 'raw') return (await navigator.mediaDevices.getUserMedia({ video: size })).getVideoTracks()[0]!;
      window.made = await window.library.Bauta.create({ engine: 'cpu' });
      return window.made.openCamera(size);
    };
    const track = await open();
    track.contentHint = 'detail'; // a poor line costs frames, not sharpness
    const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection()];
    near.onicecandidate = ({ candidate }) => void far.addIceCandidate(candidate ?? undefined);
    far.onicecandidate = ({ candidate }) => void near.addIceCandidate(candidate ?? undefined);
    const arrived = new Promise<MediaStreamTrack>((resolve) => { far.ontrack = (event) => { resolve(event.track); }; });
    near.addTrack(track);
    await near.setLocalDescription();
    await far.setRemoteDescription(near.localDescription!);
    await far.setLocalDescription();
    await near.setRemoteDescription(far.localDescription!);
    const received: Received[] = [];
    await window.watch.eachFrame(await arrived, async (frame) => {
      received.push(await window.watch.look(frame));
      return received.filter(({ isSlate, width }) => !isSlate && width === size.width).length < count;
    });
    if (sends === 'made' && window.made.state !== 'running') throw new Error(`Bauta is ${window.made.state}`);
    return received;
  }, { sends, count });
  await page.close();
  return received;
};

const strongest = (received: Received[]): number => Math.max(...received.map(({ pattern }) => pattern));

test("the far side sees nothing of the camera's marks, though it would see them", async () => {
  const [made, raw] = [await call('made', 60), await call('raw', 60)];
  const said = [made, raw].map((received) => `${String(received.length)} frames, strongest fine pattern ${strongest(received).toFixed(1)}`);
  console.info(`loopback: anonymized ${said.join('; raw ')} of 127.5`);
  expect(strongest(raw), 'of the camera, sent without a guard').toBeGreaterThan(FOUND);
  expect(strongest(made), 'of what Bauta made').toBeLessThan(FOUND);
  expect(made.some(({ isSlate }) => !isSlate), 'more than slates arrived').toBe(true);
});
