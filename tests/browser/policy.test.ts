/** The content security policy that the README names: it is enough, and what lacks of it is said. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openBench } from './bench.js';
import type { Bench, Changes } from './bench.js';
import { create, expectNothingRaw, openCamera, report, seenBy, waitForFrames } from './rig.js';

const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";

/** Without an icon, which is a picture, and the policy allows none. Violations are noted from the start. */
const PAGE: Changes = {
  '/empty.html': '<!doctype html><meta charset="utf-8"><script src="/violations.js"></script><script type="module" src="/setup.js"></script>',
  '/violations.js': `window.violations = [];
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => window.violations.push(effectiveDirective + ' ' + blockedURI));`,
};

const violations = (page: Page): Promise<string[]> => page.evaluate(() => (window as unknown as { violations: string[] }).violations);

let bench: Bench;
let page: Page | undefined;
const complaints: string[] = [];

const open = async (policy: string): Promise<Page> => {
  complaints.length = 0;
  page = await bench.page(PAGE, policy);
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
  page.on('pageerror', ({ message }) => { complaints.push(message); });
  return page;
};

afterEach(async () => {
  await page?.close();
  page = undefined;
});

describe.each(['cpu', 'webgpu'] as const)('engine %s', (engine) => {
  beforeAll(async () => { bench = await openBench({ gpu: engine === 'webgpu' }); });
  afterAll(() => bench.close());

  test('runs under the policy that the README names, without a violation', async () => {
    const page = await open(POLICY);
    await create(page, { engine, allowSoftwareGpu: true, deadlineMs: 10_000 });
    await openCamera(page);
    await waitForFrames(page, 3);
    expect(await report(page)).toMatchObject({ engine: { kind: engine }, error: null });
    expectNothingRaw(await seenBy(page));
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });
});

describe('a policy that forbids what is needed', () => {
  beforeAll(async () => { bench = await openBench({ gpu: false }); });
  afterAll(() => bench.close());

  test.each([
    { forbids: 'WebAssembly', without: " 'wasm-unsafe-eval'", code: 'bad-engine-file', says: "'wasm-unsafe-eval' in script-src" },
    { forbids: 'workers', without: "worker-src 'self'", instead: "worker-src 'none'", code: 'bad-engine-file', says: "allow workers from 'self'" },
    { forbids: 'fetching', without: "; connect-src 'self'", code: 'model-missing', says: 'connect-src' },
  ])('forbids $forbids: a typed error says what to allow, and only slates leave', async ({ without, instead = '', code, says }) => {
    const policy = POLICY.replace(without, instead);
    expect(policy).not.toBe(POLICY);
    const page = await open(policy);
    await create(page, { engine: 'cpu' });
    const fault = await page.evaluate(async () => {
      const opening = window.made.openCamera({ width: 640, height: 480 }).catch(() => undefined);
      const fault = await window.made.ready.then(() => undefined, (cause: unknown) => cause as { code: string; message: string });
      await opening;
      return { code: fault?.code, message: fault?.message };
    });
    expect(fault).toMatchObject({ code, message: expect.stringContaining(says) as string });
    await page.waitForFunction(() => window.watch.outputs.every(({ readyState }) => readyState === 'ended'));
    expect((await seenBy(page)).every(({ isSlate }) => isSlate), 'all frames that left are slates').toBe(true);
  });
});
