import { describe, expect, it } from 'vitest';
import { Chain } from '../../src/audit.js';
import type { AuditLog, LogEntry } from '../../src/audit.js';
import { verifyLog } from '../../src/log.js';

const written = async (): Promise<AuditLog> => {
  const chain = new Chain();
  chain.note('settings', { model: 'bauta-s', deadlineMs: 1000 });
  chain.note('state', { state: 'arming' });
  chain.note('engine', { kind: 'cpu', weights: 'ab' });
  chain.note('counts', { framesIn: 10, framesOut: 9 });
  chain.note('state', { state: 'closed' });
  return chain.read();
};

const withEntries = (log: AuditLog, change: (entries: LogEntry[]) => LogEntry[]): AuditLog => ({
  ...log,
  entries: change(structuredClone([...log.entries])),
});

/** As someone would who can compute hashes: every later entry anew. */
const anew = async (log: AuditLog, at: number, data: LogEntry['data']): Promise<AuditLog> => {
  const chain = new Chain();
  for (const [index, { kind, data: before }] of log.entries.slice(1).entries()) chain.note(kind, index + 1 === at ? data : before);
  return chain.read();
};

describe('the audit log', () => {
  it('is a chain in the order of what was noted, and JSON keeps it', async () => {
    const log = await written();
    expect(log.entries.map(({ seq, kind }) => [seq, kind])).toEqual([
      [0, 'begin'], [1, 'settings'], [2, 'state'], [3, 'engine'], [4, 'counts'], [5, 'state'],
    ]);
    const kept = JSON.parse(JSON.stringify(log)) as unknown;
    expect(await verifyLog(kept)).toEqual({ ok: true, entries: 6, dropped: 0, head: log.entries.at(-1)?.hash });
  });

  it('does not depend on the order of keys', async () => {
    const log = withEntries(await written(), (entries) =>
      entries.map((entry) => ({ ...Object.fromEntries(Object.entries(entry).reverse()), data: Object.fromEntries(Object.entries(entry.data).reverse()) }) as unknown as LogEntry));
    expect(await verifyLog(log)).toMatchObject({ ok: true });
  });

  it('shows a change of any field of any entry', async () => {
    const log = await written();
    const changes: Record<string, (entry: LogEntry) => LogEntry> = {
      seq: (entry) => ({ ...entry, seq: entry.seq + 1 }),
      at: (entry) => ({ ...entry, at: `${entry.at.slice(0, -2)}9Z` === entry.at ? `${entry.at.slice(0, -2)}8Z` : `${entry.at.slice(0, -2)}9Z` }),
      kind: (entry) => ({ ...entry, kind: 'note' }),
      data: (entry) => ({ ...entry, data: { ...entry.data, more: 1 } }),
      'a value of the data': (entry) => ({ ...entry, data: Object.fromEntries(Object.entries(entry.data).map(([key, value]) => [key, `${String(value)}0`])) }),
      prev: (entry) => ({ ...entry, prev: entry.prev.replace(/^./, (digit) => (digit === '1' ? '2' : '1')) }),
      hash: (entry) => ({ ...entry, hash: entry.hash.replace(/^./, (digit) => (digit === '1' ? '2' : '1')) }),
    };
    for (const [what, change] of Object.entries(changes)) {
      for (let at = 0; at < log.entries.length; at++) {
        const altered = withEntries(log, (entries) => entries.map((entry, index) => (index === at ? change(entry) : entry)));
        expect(await verifyLog(altered), `${what} of entry ${String(at)}`).toMatchObject({ ok: false, at });
      }
    }
  });

  it('shows an entry that is missing, moved, doubled or put in between', async () => {
    const log = await written();
    for (let at = 0; at < log.entries.length - 1; at++) {
      const cases: Record<string, (entries: LogEntry[]) => LogEntry[]> = {
        missing: (entries) => entries.toSpliced(at, 1),
        moved: (entries) => entries.toSpliced(at, 2, ...entries.slice(at, at + 2).reverse()),
        doubled: (entries) => entries.toSpliced(at, 0, ...entries.slice(at, at + 1)),
      };
      for (const [what, change] of Object.entries(cases)) {
        expect(await verifyLog(withEntries(log, change)), `${what} at ${String(at)}`).toMatchObject({ ok: false });
      }
    }
  });

  it('shows a cut at the end, and a chain made anew, to those who noted its hash and to nobody else', async () => {
    const log = await written();
    const [early, head] = [log.entries[3]?.hash, log.entries.at(-1)?.hash];
    const cut = withEntries(log, (entries) => entries.slice(0, -1));
    expect(await verifyLog(cut)).toMatchObject({ ok: true });
    expect(await verifyLog(cut, head)).toMatchObject({ ok: false, at: -1 });
    expect(await verifyLog(log, early), 'it has gone on since').toMatchObject({ ok: true });
    const forged = await anew(log, 4, { framesIn: 10, framesOut: 0 });
    expect(await verifyLog(forged)).toMatchObject({ ok: true });
    expect(await verifyLog(forged, head)).toMatchObject({ ok: false, at: -1 });
  });

  it('drops the oldest entries for want of room, and says so', async () => {
    const chain = new Chain(8);
    for (let turn = 1; turn <= 20; turn++) chain.note('note', { turn });
    const log = await chain.read();
    expect(log.dropped.entries + log.entries.length).toBe(21);
    expect(log.entries.length).toBeLessThanOrEqual(8);
    expect(await verifyLog(log)).toMatchObject({ ok: true, dropped: log.dropped.entries });
    expect(await verifyLog({ ...log, dropped: { ...log.dropped, entries: log.dropped.entries - 1 } })).toMatchObject({ ok: false, at: 0 });
    expect(await verifyLog(log, log.dropped.head)).toMatchObject({ ok: true });
  });

  it('is erased, and says how much was', async () => {
    const chain = new Chain();
    chain.note('note', { text: 'secret' });
    chain.erase();
    chain.note('state', { state: 'idle' });
    const log = await chain.read();
    expect(log.entries.map(({ kind, data }) => [kind, data])).toEqual([['begin', { erased: 2 }], ['state', { state: 'idle' }]]);
    expect(JSON.stringify(log)).not.toContain('secret');
    expect(await verifyLog(log)).toMatchObject({ ok: true });
  });

  it('is not confused by what is no log', async () => {
    for (const nothing of [null, 1, {}, { format: 2 }, { format: 1, dropped: {}, entries: [] }, { format: 1, dropped: { entries: 0, head: '' }, entries: [null] }]) {
      expect(await verifyLog(nothing), JSON.stringify(nothing)).toMatchObject({ ok: false, at: -1 });
    }
  });
});
