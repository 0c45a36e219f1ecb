/** Checks an audit log, wherever it was brought: in the page, or on a server. */
import { hashOf } from './audit.js';
import type { AuditLog, LogVerdict } from './audit.js';

/**
 * Whether a log is as it was written: every entry has its own hash and that of the one before. `head` is a hash that was
 * noted earlier, elsewhere; with it, entries that were cut off at the end are found too, and a chain made anew.
 * Never throws: what is no log at all is not ok either.
 */
export const verifyLog = async (log: unknown, head?: string): Promise<LogVerdict> => {
  if (!isLog(log)) return { ok: false, at: -1, why: 'this is no log of format 1' };
  let [seq, prev] = [log.dropped.entries, log.dropped.head];
  let isHeadSeen = head === undefined || (head === prev && seq > 0);
  for (const [at, { hash, ...sealed }] of log.entries.entries()) {
    const wrong = (why: string): LogVerdict => ({ ok: false, at, why });
    if (sealed.seq !== seq) return wrong(`entry ${String(sealed.seq)} stands where ${String(seq)} should be: entries are missing, or moved`);
    if (sealed.prev !== prev) return wrong(`entry ${String(seq)} does not follow the one before it`);
    if ((await hashOf(sealed)) !== hash) return wrong(`entry ${String(seq)} is not what was written`);
    seq++;
    prev = hash;
    isHeadSeen ||= hash === head;
  }
  if (!isHeadSeen) return { ok: false, at: -1, why: 'the hash that was noted is not in it: entries were cut off, or the log was made anew' };
  return { ok: true, entries: log.entries.length, dropped: log.dropped.entries, head: prev };
};

const isLog = (log: unknown): log is AuditLog => {
  if (typeof log !== 'object' || log === null) return false;
  const { format, dropped, entries } = log as Partial<AuditLog>;
  return format === 1 && Number.isInteger(dropped?.entries) && typeof dropped?.head === 'string' && Array.isArray(entries) &&
    entries.every((entry: unknown) => typeof entry === 'object' && entry !== null);
};

export type { AuditLog, LogData, LogEntry, LogKind, LogVerdict } from './audit.js';
