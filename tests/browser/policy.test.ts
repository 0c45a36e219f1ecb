/** The content security policy that the README names: it is enough, and what lacks of it is said. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { Bench, Changes } from './bench.js';
import { create, expectNothingRaw, faultOfOpening, openCamera, report, seenBy, waitForFrames } from './rig.js';
import { useBench } from './use-bench.js';

const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";

/** Without an icon, which is a picture, and the policy allows none. Violations are noted from the start. */
const PAGE: Changes = {
  '/empty.html': '<!doctype html><meta charset="utf-8"><script src="/violations.js"></script><script type="module" src="/setup.js"></script>',
  '/violations.js': `window.violations = [];
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => window.violations.push(effectiveDirective + ' ' + blockedURI));`,
};

const violations = (page: Page): Promise<string[]> => page.evaluate(() => (window as unknown as { violations: string[] }).violations);

const complaints: string[] = [];

const open = async (bench: Pick<Bench, 'page'>, policy: string): Promise<Page> => {
  complaints.length = 0;
  const page = await bench.page(PAGE, policy);
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
  page.on('pageerror', ({ message }) => { complaints.push(message); });
  return page;
};

describe.each(['cpu', 'webgpu'] as const)('engine %s', (engine) => {
  const bench = useBench({ gpu: engine === 'webgpu' });

  test('runs under the policy that the README names, without a violation', async () => {
    const page = await open(bench, POLICY);
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
  const bench = useBench({ gpu: false });

  test.each([
    { forbids: 'WebAssembly', without: " 'wasm-unsafe-eval'", code: 'bad-engine-file', says: "'wasm-unsafe-eval' in script-src" },
    { forbids: 'workers', without: "worker-src 'self'", instead: "worker-src 'none'", code: 'bad-engine-file', says: "allow workers from 'self'" },
    { forbids: 'fetching', without: "; connect-src 'self'", code: 'bad-engine-file', says: 'connect-src' },
  ])('forbids $forbids: a typed error says what to allow, and only slates leave', async ({ without, instead = '', code, says }) => {
    const policy = POLICY.replace(without, instead);
    expect(policy).not.toBe(POLICY);
    const page = await open(bench, policy);
    await create(page, { engine: 'cpu' });
    expect(await faultOfOpening(page)).toMatchObject({ code, message: expect.stringContaining(says) as string });
    await page.waitForFunction(() => window.watch.outputs.every(({ readyState }) => readyState === 'ended'));
    expect((await seenBy(page)).every(({ isSlate }) => isSlate), 'all frames that left are slates').toBe(true);
  });
});
