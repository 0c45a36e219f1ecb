import { expect, it } from 'vitest';
import { Timeline } from '../../src/timeline.js';

it('a frame that was due before a slate left is stamped after it', () => {
  let nowMs = 0;
  const timeline = new Timeline(() => nowMs);
  const due = timeline.due(5_000_000);
  nowMs = 700; // an engine that takes its time; meanwhile the slate is sent
  const slate = timeline.now();
  expect(timeline.stamp(due)).toBeGreaterThan(slate);
});

it('frames keep their distances where nothing came between', () => {
  const timeline = new Timeline(() => 0);
  const [first, second] = [timeline.stamp(timeline.due(5_000_000)), timeline.stamp(timeline.due(5_033_000))];
  expect(second - first).toBe(33_000);
});
