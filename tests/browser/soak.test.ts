/** The soak itself, in small: it finds nothing in Bauta, and does find what it is there to find. */
import { expect, test } from 'vitest';
import { compiled } from './bench.js';
import type { Changes } from './bench.js';
import { UNSEEN } from './camera.js';
import { BLIND } from './rig.js';
import { soak } from './soak/run.js';
import { MAY_BE_OPEN, mostOpen } from './soak/table.js';

const plan = { minutes: 0.25, seed: 7, atOnce: 2, fps: 120, sessionS: 20, unseen: UNSEEN };

test('finds no raw frame and no open one', async () => {
  const { counts, memory, complaints } = await soak(plan, { everyS: 2 });
  expect(counts.raw).toBe(0);
  expect(counts.anonymized).toBeGreaterThan(10);
  expect(counts.faultedFrames).toBeGreaterThan(10);
  expect(counts.framesOut).toBe(counts.slates + counts.anonymized);
  expect([...counts.complaints, ...complaints]).toEqual([]);
  expect(mostOpen(memory)).toBeLessThanOrEqual(MAY_BE_OPEN * plan.atOnce);
});

test('finds the frames of an engine that gives the camera picture back, where the canary is blind', async () => {
  const blind: Changes = { '/soak/open-frames.js': `${compiled('soak/open-frames')};${BLIND}` };
  const { counts } = await soak({ ...plan, faults: ['gives the camera picture back'] }, { changes: blind });
  expect(counts.raw).toBeGreaterThan(10);
});

test('finds frames that are not closed', async () => {
  const leaky: Changes = {
    '/soak/open-frames.js': `${compiled('soak/open-frames')}
      const Own = TransformStream;
      if (globalThis.name === 'bauta gate') globalThis.TransformStream = class extends Own {
        constructor(guard) {
          super({ ...guard, transform: (raw, out) => { raw.clone(); return guard.transform(raw, out); } });
        }
      };`,
  };
  const { memory } = await soak({ ...plan, faults: ['stands still'] }, { changes: leaky, everyS: 2 });
  expect(mostOpen(memory)).toBeGreaterThan(MAY_BE_OPEN * plan.atOnce);
});
