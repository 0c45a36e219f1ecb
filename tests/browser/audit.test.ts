/** F17: the audit log of a Bauta on a real camera, against what was seen to leave. */
import { createHash } from 'node:crypto';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { AuditLog, LogVerdict } from '../../web/src/index.js';
import { siteFile } from './bench.js';
import type { Changes } from './bench.js';
import { create, meddling, openCamera, seenBy, waitForFrames } from './rig.js';
import { useBench } from './use-bench.js';

const bench = useBench({ gpu: false });

const run = async (changes: Changes = {}): Promise<Page> => {
  const page = await bench.page(changes);
  await create(page, { engine: 'cpu' });
  await openCamera(page);
  return page;
};
const logOf = (page: Page): Promise<AuditLog> => page.evaluate(() => window.made.log());
const verdictOf = (page: Page, log: AuditLog, head?: string): Promise<LogVerdict> =>
  page.evaluate(([log, head]) => window.verifyLog(log, head), [log, head] as const);
const of = (log: AuditLog, kind: string): Record<string, unknown>[] => log.entries.filter((entry) => entry.kind === kind).map(({ data }) => data);
const sha256 = (path: string): string => createHash('sha256').update(siteFile(path)).digest('hex');

test('tells the states, the fault and the counts of what really left, and the files it ran on (F17)', async () => {
  const page = await run(meddling('async (real, raw, number) => { if (number === 25) throw new Error("made to fail"); return real(raw); }'));
  await page.waitForFunction(() => window.states.filter((state) => state === 'running').length >= 2, undefined, { timeout: 60_000 });
  const early = await logOf(page);
  await page.evaluate(() => window.made.close());
  const log = await logOf(page);

  expect(of(log, 'state').map(({ state }) => state)).toEqual(['arming', 'running', 'degraded', 'running', 'closed']);
  expect(of(log, 'fault')).toEqual([{ code: 'frame-failed', message: expect.stringContaining('made to fail') as string }]);
  const file = { weights: sha256('bauta/models/bauta-s.bpk'), card: sha256('bauta/models/bauta-s.json'), wasm: sha256('bauta/wasm/cpu/bauta_bg.wasm'), script: sha256('bauta/wasm/cpu/bauta.js') };
  for (const engine of of(log, 'engine')) expect(engine).toMatchObject({ kind: 'cpu', model: 'bauta-s', ...file });
  expect(of(log, 'engine'), 'the first engine and the one after the fault').toHaveLength(2);
  expect(of(log, 'settings')[0]).toMatchObject({ deadlineMs: 1000, frozenMs: 5000 });

  const seen = await seenBy(page);
  const counts = of(log, 'counts').at(-1);
  const slates = seen.filter(({ isSlate }) => isSlate).length;
  expect(counts).toMatchObject({ faults: 1, slates });
  expect(Number(counts?.framesOut)).toBeGreaterThanOrEqual(seen.length - slates);
  expect(Number(counts?.framesOut), 'the last may have ended with its track, unseen').toBeLessThanOrEqual(seen.length - slates + 1);
  expect(Number(counts?.framesIn)).toBeGreaterThan(Number(counts?.framesOut));

  expect(await verdictOf(page, log)).toEqual({ ok: true, entries: log.entries.length, dropped: 0, head: log.entries.at(-1)?.hash });
  expect(await verdictOf(page, log, early.entries.at(-1)?.hash), 'a hash noted while it ran').toMatchObject({ ok: true });
  const altered = structuredClone(log);
  Object.assign(altered.entries.find(({ kind }) => kind === 'counts')?.data ?? {}, { faults: 0 });
  expect(await verdictOf(page, altered)).toMatchObject({ ok: false, why: expect.stringContaining('is not what was written') as string });
  expect(JSON.stringify(log).length, 'no picture is in it').toBeLessThan(20_000);
});

test('takes what the app notes, names a change of models, and says nothing of the camera (F17)', async () => {
  const page = await run();
  await waitForFrames(page, 2);
  const label = await page.evaluate(async () => {
    const [camera] = (await navigator.mediaDevices.getUserMedia({ video: true })).getVideoTracks();
    await window.made.useModel('bauta-s');
    const takeOff = window.guard.guardUploads({ onViolation: ({ message }) => { window.made.note(message); } });
    try {
      new RTCPeerConnection().addTrack(camera!);
    } catch {
      // refused, as it should be
    }
    takeOff();
    return [camera?.label ?? '', camera?.getSettings().deviceId ?? ''];
  });
  const log = await logOf(page);
  expect(of(log, 'engine')).toHaveLength(2);
  expect(of(log, 'note')).toEqual([{ text: expect.stringContaining('addTrack') as string }]);
  for (const secret of label) expect(JSON.stringify(log)).not.toContain(secret);
});

test('is erased on demand, before and after the end (F17)', async () => {
  const page = await run();
  await waitForFrames(page, 2);
  const before = (await logOf(page)).entries.length;
  await page.evaluate(() => window.made.eraseLog());
  const [first] = (await logOf(page)).entries;
  expect(first?.kind).toBe('begin');
  expect(Number(first?.data.erased)).toBeGreaterThanOrEqual(before);
  expect(await verdictOf(page, await logOf(page))).toMatchObject({ ok: true });
  await page.evaluate(() => window.made.close());
  expect((await logOf(page)).entries.length).toBeGreaterThan(1);
  await page.evaluate(() => window.made.eraseLog());
  await expect(logOf(page)).rejects.toThrow('was closed');
});
