/** The page on which a visitor checks the claims: each step says what is so, and says it when it is not. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AuditLog } from '../../web/src/index.js';
import { siteFile } from './bench.js';
import { PASS_THROUGH } from './rig.js';
import { useBench } from './use-bench.js';
import { complaints, number, open, shoot, start, text, waitForVerdict } from './verify-page.js';

const bench = useBench({ gpu: false });

test('before the start no step claims anything', async () => {
  const page = await open(bench);
  const verdicts = page.locator('.verdict');
  expect(await verdicts.count()).toBe(5);
  for (const verdict of await verdicts.all()) {
    expect(await verdict.getAttribute('data-verdict')).toBe('wait');
    expect(await verdict.innerText()).toMatch(/^Not yet: /);
  }
  await shoot(page, 'idle');
});

test('marks are found in the camera and in no frame that left, whatever the camera does; nothing is sent', async () => {
  const page = await open(bench);
  await start(page);
  expect(await waitForVerdict(page, 'marker', 'good')).toContain('in no frame that left');
  const control = await page.evaluate(() => ['raw-frames', 'raw-raw'].map((id) => document.getElementById(id)?.textContent));
  expect(Number(control[0]), 'the control').toBeGreaterThan(0);
  expect(control[1], 'every frame of the drawn camera has marks').toBe(control[0]);
  expect(await number(page, 'output-anonymized')).toBeGreaterThan(0);
  await waitForVerdict(page, 'network', 'good');
  await shoot(page, 'running');

  await page.click('#mute');
  expect(await page.getAttribute('#mute', 'aria-pressed')).toBe('true');
  const before = await number(page, 'output-frames');
  await expect.poll(() => number(page, 'output-frames'), { timeout: 20_000 }).toBeGreaterThan(before + 20);
  await shoot(page, 'muted');
  await page.click('#mute');
  for (const what of ['silence', 'freeze']) {
    const before = await number(page, 'output-slate');
    await page.click(`#${what}`);
    await page.locator('#state[data-state=degraded]').waitFor({ timeout: 20_000 });
    await expect.poll(() => number(page, 'output-slate'), { timeout: 20_000, message: what }).toBeGreaterThan(before + 2);
    await shoot(page, what);
    await page.click(`#${what}`);
    await page.locator('#state[data-state=running]').waitFor({ timeout: 20_000 });
  }
  await page.click('#unplug');
  await expect.poll(() => text(page, 'error')).toContain('The camera stopped');

  expect(await number(page, 'output-raw'), 'raw frames that left').toBe(0);
  expect(await page.getAttribute('#marker', 'data-verdict')).toBe('good');
  await page.click('#stop');
  await page.locator('#state[data-state=closed]').waitFor();
  const [looked, counted] = [await number(page, 'output-frames'), await number(page, 'output-counted')];
  console.info(`looked at ${String(looked)} of ${String(counted)} frames that left`);
  expect(looked, 'frames that were looked at, but for a few at the end').toBeGreaterThanOrEqual(counted - 3);
  // A frame that is on its way when the track ends is closed by the browser, with a complaint.
  const [lost, others] = [true, false].map((isLost) => complaints.filter((text) => text.includes('garbage collected') === isLost));
  expect(others).toEqual([]);
  expect(lost?.length, 'frames left to the browser').toBeLessThanOrEqual(counted - looked);
});

test('says in red that the raw picture leaves, when it does', async () => {
  const page = await open(bench, PASS_THROUGH);
  await start(page);
  expect(await waitForVerdict(page, 'marker', 'bad')).toContain('Broken: the camera’s own picture leaves');
  expect(await number(page, 'output-raw')).toBeGreaterThan(0);
  await shoot(page, 'raw');
});

test('claims nothing of the marks when the detector finds none in the camera either', async () => {
  const page = await open(bench, { '/bauta/conformance/marks.js': blind() });
  await start(page);
  expect(await waitForVerdict(page, 'marker', 'warn')).toContain('no mark is found in the camera’s picture itself');
});

/** The detector, finding nothing. */
const blind = (): string => {
  const marks = siteFile('bauta/conformance/marks.js').toString();
  const [, finest] = /(\w+) as finestPattern/.exec(marks) ?? [];
  if (finest === undefined) throw new Error('marks.js exports no finestPattern');
  return marks.replace(`${finest} as finestPattern`, 'blind as finestPattern') + ';const blind = () => 0;';
};

test('in a browser that gives pages no frames it says what it cannot check, and checks the rest', async () => {
  const html = siteFile('verify.html').toString();
  const page = await open(bench, {
    '/verify.html': html.replace('<script', '<script src="lacking.js"></script><script'),
    '/lacking.js': "for (const name of ['MediaStreamTrackProcessor', 'MediaStreamTrackGenerator']) delete globalThis[name];",
  });
  expect(await text(page, 'marker')).toContain('gives pages no frames to look at');
  expect(await page.inputValue('#source')).toBe('camera');
  await start(page, 'camera');
  await waitForVerdict(page, 'network', 'good');
  await waitForVerdict(page, 'log', 'good');
  expect(await page.getAttribute('#marker', 'data-verdict')).toBe('warn');
  expect(complaints).toEqual([]);
});

test('goes on with the network cut, and says so only then', async () => {
  const page = await open(bench);
  await start(page);
  await page.click('#probe');
  await expect.poll(() => text(page, 'probe-said')).toContain('It answered');
  expect(await page.getAttribute('#offline', 'data-verdict')).toBe('wait');

  await page.context().setOffline(true);
  expect(await page.evaluate(() => fetch('index.html', { cache: 'no-store' }).then(() => 'answered', () => 'cut'))).toBe('cut');
  expect(await waitForVerdict(page, 'offline', 'good')).toContain('frames are anonymized all the same');
  const since = await number(page, 'offline-frames');
  await expect.poll(() => number(page, 'offline-frames'), { timeout: 20_000 }).toBeGreaterThan(since + 10);
  await page.locator('#state[data-state=running]').waitFor();
  expect(await page.getAttribute('#marker', 'data-verdict')).toBe('good');

  await page.context().setOffline(false);
  await waitForVerdict(page, 'offline', 'wait');
});

test('does not take a stopped camera for one that works offline', async () => {
  const page = await open(bench);
  await page.context().setOffline(true);
  await page.click('#probe');
  await expect.poll(() => text(page, 'offline')).toContain('nothing runs');
  expect(await page.getAttribute('#offline', 'data-verdict')).toBe('wait');
});

test('lists the requests of page and workers, notices the control, and is refused another server', async () => {
  const page = await open(bench);
  await start(page);
  await waitForVerdict(page, 'network', 'good');
  const rows = await page.locator('#request-rows tr').evaluateAll((lines) =>
    lines.map((line) => [...line.children].map((cell) => cell.textContent)));
  const askedFor = (ending: string): string | null | undefined => rows.find(([address]) => address?.endsWith(ending))?.[1];
  expect(askedFor('/bauta/wasm/cpu/bauta_bg.wasm'), 'who fetched the engine').toBe('worker of a worker, for engine-worker.js');
  expect(askedFor('/bauta/models/bauta-s.bpk'), 'who fetched the model').toBe('gate-worker.js');
  expect(askedFor('/verify.js'), 'who fetched the script').toBe('page');
  expect(await number(page, 'sent')).toBe(0);
  expect(await number(page, 'foreign')).toBe(0);
  expect(await number(page, 'received')).toBeGreaterThan(1000);
  expect(complaints).toEqual([]);

  await page.click('#send');
  await expect.poll(() => text(page, 'network')).toContain('the control was noticed');
  await page.click('#leak');
  await expect.poll(() => text(page, 'policy')).toContain('Refused by the browser: connect-src');
});

test('says so when something is sent, by the page or by a worker', async () => {
  const sends = "; fetch('/index.html', { method: 'POST', body: 'picture' }).catch(() => {});";
  for (const script of ['engine-worker', 'gate-worker']) {
    const page = await open(bench, {
      [`/bauta/real-${script}.js`]: siteFile(`bauta/${script}.js`),
      [`/bauta/${script}.js`]: `import './real-${script}.js'${sends}`,
    });
    await start(page);
    expect(await waitForVerdict(page, 'network', 'bad'), script).toContain('bytes were sent');
    expect(await number(page, 'sent'), script).toBeGreaterThan(0);
  }
  const page = await open(bench);
  await start(page);
  await waitForVerdict(page, 'network', 'good');
  await page.evaluate(() => fetch('/index.html', { method: 'POST', body: 'picture' }));
  expect(await waitForVerdict(page, 'network', 'bad')).toContain('bytes were sent');
});

test('trusts no list without a witness', async () => {
  const page = await open(bench, { '/witness.js': null });
  await start(page);
  expect(await waitForVerdict(page, 'network', 'warn')).toContain('Use the network tab');
});

test('does not trust a witness that misses the control', async () => {
  const witness = siteFile('witness.js').toString();
  const silent = witness.replace("scope.clients.matchAll({ type: 'window' })", '[]');
  expect(silent).not.toBe(witness);
  const page = await open(bench, { '/witness.js': silent });
  await start(page);
  await page.click('#send');
  expect(await waitForVerdict(page, 'network', 'warn')).toContain('the control was not noticed');
});

test('verifies the log, refuses one with a changed number and names the entry, saves it, reads it back, and erases it', async () => {
  const page = await open(bench);
  await start(page);
  await waitForVerdict(page, 'log', 'good');
  await page.fill('#sentence', 'checked by a test');
  await page.click('#add-note');
  await expect.poll(() => text(page, 'log-rows')).toContain('checked by a test');

  await page.click('#tamper');
  const refused = await waitForVerdict(page, 'log', 'bad');
  await shoot(page, 'tampered');
  const [, named] = /entry (\d+) is not what was written/.exec(refused) ?? [];
  expect(named, refused).toBeDefined();
  expect(await page.locator('#log-rows tr[data-wrong] th').innerText()).toMatch(new RegExp(`^${named ?? ''}\\s*does not fit$`));
  await page.click('#verify-log');
  await waitForVerdict(page, 'log', 'good');
  expect(await page.locator('#log-rows tr[data-wrong]').count()).toBe(0);

  await page.click('#note-head');
  await expect.poll(() => page.inputValue('#noted')).toMatch(/^[0-9a-f]{64}$/);
  await page.click('#verify-log');
  await expect.poll(() => text(page, 'log')).toContain('the hash you noted is in it');
  const [saved] = await Promise.all([page.waitForEvent('download'), page.click('#save-log')]);
  const file = await saved.path();
  const log = JSON.parse(readFileSync(file, 'utf8')) as AuditLog;
  expect(log.entries.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['settings', 'engine', 'input', 'state', 'note']));

  const read = async (name: string, body: string): Promise<string> => {
    const path = join(tmpdir(), name);
    writeFileSync(path, body);
    await page.setInputFiles('#log-file', path);
    await page.waitForFunction((name) => document.getElementById('log')?.textContent.includes(name), name);
    return text(page, 'log');
  };
  expect(await read('bauta-verify-kept.json', JSON.stringify(log))).toContain('as it was written');
  const forged = structuredClone(log);
  Object.assign(forged.entries.find(({ kind }) => kind === 'note')!.data, { text: 'never written' });
  const at = forged.entries.find(({ kind }) => kind === 'note')!.seq;
  expect(await read('bauta-verify-forged.json', JSON.stringify(forged))).toContain(`entry ${String(at)} is not what was written`);
  expect(await read('bauta-verify-short.json', JSON.stringify({ ...log, entries: log.entries.slice(0, 2) }))).toContain('the hash that was noted is not in it');
  expect(await read('bauta-verify-none.json', 'a picture')).toContain('is no JSON');

  await page.click('#erase-log');
  await expect.poll(() => text(page, 'log'), { message: 'with the hash noted before' }).toContain('not in it');
  await page.fill('#noted', '');
  await page.click('#verify-log');
  await waitForVerdict(page, 'log', 'good');
  expect(await text(page, 'log-rows')).not.toContain('checked by a test');
  expect(await text(page, 'log-rows')).toContain('erased');

  await page.click('#stop');
  await page.locator('#state[data-state=closed]').waitFor();
  await page.click('#erase-log');
  await expect.poll(() => text(page, 'log')).toContain('the log is erased');
  expect(await page.locator('#log-rows tr').count()).toBe(0);
});

const FILES = ['bauta/wasm/cpu/bauta_bg.wasm', 'bauta/wasm/cpu/bauta.js', 'bauta/models/bauta-s.bpk', 'bauta/models/bauta-s.json'];

test('names the files that ran by their hashes, and the command that gives the same', async () => {
  const page = await open(bench);
  await start(page);
  await page.click('#compare');
  await waitForVerdict(page, 'files', 'good');
  for (const path of FILES) {
    const hash = createHash('sha256').update(siteFile(path)).digest('hex');
    const row = page.locator('#file-rows tr', { hasText: path });
    expect(await row.locator('td').allInnerTexts(), path).toEqual([hash, hash, hash]);
    expect(await text(page, 'command')).toContain(`${path} | sha256sum\n# ${hash}`);
  }
  await shoot(page, 'files');
});

test('names a file that is not the listed one', async () => {
  const path = 'bauta/models/bauta-s.json';
  const hash = createHash('sha256').update(siteFile(path)).digest('hex');
  const list = siteFile('SHA256SUMS').toString();
  const page = await open(bench, { '/SHA256SUMS': list.replace(hash, hash.split('').reverse().join('')) });
  await start(page);
  await page.click('#compare');
  expect(await waitForVerdict(page, 'files', 'bad')).toContain(`${path} differ`);
  expect(await page.locator('#file-rows tr[data-wrong]').count()).toBe(1);
});

test('fits a narrow screen, and every control has a name and can be reached by keyboard', async () => {
  const page = await open(bench);
  await page.setViewportSize({ width: 400, height: 900 });
  await start(page);
  await waitForVerdict(page, 'marker', 'good');
  await page.click('#compare');
  await waitForVerdict(page, 'files', 'good');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400);
  await shoot(page, 'narrow');
  await page.evaluate(() => { window.scrollTo(0, 0); });
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(tmpdir(), 'bauta-verify-narrow-top.png') });

  const unnamed = await page.locator('button, select, input, a, summary, [role=region], video').evaluateAll((controls) =>
    controls.filter((control) => {
      const { labels } = control as HTMLInputElement;
      const alt = control.querySelector('img')?.alt ?? '';
      return (control.textContent.trim() + (labels?.[0]?.textContent ?? '') + (control.getAttribute('aria-label') ?? '') + alt) === '';
    }).map(({ outerHTML }) => outerHTML));
  expect(unnamed).toEqual([]);
  const enabled = await page.locator('button:enabled').count();
  const reached = new Set<string>();
  await page.locator('#source').focus();
  for (let pressed = 0; pressed < 60; pressed++) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate(() => (document.activeElement instanceof HTMLButtonElement ? document.activeElement.id : '')));
  }
  reached.delete('');
  expect(reached.size).toBe(enabled);
});
