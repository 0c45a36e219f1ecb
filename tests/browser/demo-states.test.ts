/** The demo page in each state of a Bauta: what it says, what it lets one do, and how it looks. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { State } from '../../web/src/index.js';
import type { Changes } from './bench.js';
import { meddling } from './rig.js';
import { useBench } from './use-bench.js';

const bench = useBench({ gpu: false });

interface Scene {
  readonly state: State;
  readonly changes?: Changes;
  /** What is pressed, one after the other. */
  readonly press: readonly ('camera' | 'stop')[];
  readonly notice: string;
  readonly error: string;
  readonly canStop: boolean;
}

const SCENES: readonly Scene[] = [
  { state: 'idle', press: [], notice: 'Start the camera', error: '', canStop: false },
  {
    state: 'arming',
    changes: { '/bauta/engine.js': 'export const loadEngine = () => new Promise(() => {});' },
    press: ['camera'],
    notice: 'Getting ready',
    error: '',
    canStop: true,
  },
  { state: 'running', press: ['camera'], notice: '', error: '', canStop: true },
  {
    state: 'degraded',
    changes: meddling('(real, raw, number) => (number > 30 ? new Promise(() => {}) : real(raw))'),
    press: ['camera'],
    notice: 'the slate is shown',
    error: 'no frame was anonymized for 1000 ms',
    canStop: true,
  },
  {
    state: 'blocked',
    changes: meddling('async () => { throw new Error("made to fail"); }'),
    press: ['camera'],
    notice: 'does not work',
    error: 'made to fail',
    canStop: false,
  },
  { state: 'closed', press: ['camera', 'stop'], notice: 'The camera is off', error: '', canStop: false },
];

test.each(SCENES)('says what is so when it is $state', async ({ state, changes = {}, press, notice, error, canStop }) => {
  const page = await bench.demo(changes);
  await page.selectOption('#engine', 'cpu');
  for (const button of press) {
    await page.click(`#${button}:enabled`);
    if (press.length > 1) await page.locator('#state[data-state=running], #state[data-state=closed]').waitFor({ timeout: 60_000 });
  }
  await page.locator(`#state[data-state=${state}]`).waitFor({ timeout: 60_000 });
  if (state === 'running') await page.waitForFunction(() => Number(document.getElementById('fps')?.textContent) > 0);
  expect(await page.locator('#notice').innerText()).toContain(notice);
  const said = (await page.locator('#error').textContent()) ?? '';
  expect(said.toLowerCase()).toContain(error.toLowerCase());
  expect(await page.locator('#error').isVisible(), 'a box for an error').toBe(error !== '');
  expect(await page.locator('#stop').isEnabled()).toBe(canStop);
  const screenshot = join(tmpdir(), `bauta-demo-state-${state}.png`);
  await page.screenshot({ path: screenshot });
  console.info(`screenshot: ${screenshot}`);
});
