import { describe, expect, it } from 'vitest';
import { Machine, after } from '../../src/state.js';
import type { Happening, State } from '../../src/state.js';

const STATES: State[] = ['idle', 'arming', 'running', 'degraded', 'blocked', 'closed'];
const HAPPENINGS: Happening[] = ['begin', 'frame', 'resize', 'fault', 'end', 'exhausted', 'close'];

/** The whole table, written a second time, by hand: rows are states, columns are happenings. */
const EXPECTED: Record<State, State[]> = {
  //          begin     frame      resize      fault       end       exhausted  close
  idle: /**/ ['arming', 'idle', 'idle', 'idle', 'idle', 'blocked', 'closed'],
  arming: /**/ ['arming', 'running', 'arming', 'degraded', 'idle', 'blocked', 'closed'],
  running: /**/ ['arming', 'running', 'arming', 'degraded', 'idle', 'blocked', 'closed'],
  degraded: /**/ ['arming', 'running', 'degraded', 'degraded', 'idle', 'blocked', 'closed'],
  blocked: /**/ ['blocked', 'blocked', 'blocked', 'blocked', 'blocked', 'blocked', 'closed'],
  closed: /**/ ['closed', 'closed', 'closed', 'closed', 'closed', 'closed', 'closed'],
};

describe('the state machine', () => {
  for (const state of STATES) {
    for (const [column, happening] of HAPPENINGS.entries()) {
      const expected = EXPECTED[state][column]!;
      it(`is ${expected} when ${happening} happens to ${state}`, () => {
        expect(after(state, happening)).toBe(expected);
      });
    }
  }

  it('reaches running through nothing but an anonymized frame', () => {
    for (const state of STATES) {
      for (const happening of HAPPENINGS) {
        if (state !== 'running' && after(state, happening) === 'running') {
          expect(happening, `${state} became running by ${happening}`).toBe('frame');
        }
      }
    }
  });

  it('tells of changes and of nothing else', () => {
    const told: State[] = [];
    const machine = new Machine((state) => told.push(state));
    for (const happening of ['begin', 'begin', 'frame', 'frame', 'fault', 'fault', 'frame', 'close', 'frame'] as const) {
      machine.apply(happening);
    }
    expect(told).toEqual(['arming', 'running', 'degraded', 'running', 'closed']);
  });
});
