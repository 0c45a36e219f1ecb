/**
 * Anonymizes camera video in the browser, before it leaves the machine.
 *
 * `support()` says whether and how it runs here, `Bauta.create()` starts it, and `openCamera()` gives a
 * track to send or show in place of the camera's. Importing this touches nothing; all files come from the
 * app's own server.
 */
export type { AuditLog, LogData, LogEntry, LogKind, LogVerdict } from './audit.js';
export { Bauta } from './bauta.js';
export type { BautaEvents } from './listeners.js';
export type { BautaReport } from './report.js';
export type { BautaOptions } from './options.js';
export type { Budget, BudgetOptions, Ledger, MosaicOptions } from './ledger.js';
export { BautaError, UnsupportedError } from './faults.js';
export type { FaultCode } from './faults.js';
export type { EncodeOptions, EncodedTotal, EncodedVideo } from './encoding.js';
export { support } from './support.js';
export type { EngineChoice, Support, SupportOptions } from './support.js';
export type { Card, EngineKind, Figure, KnownAnswer, Provenance, TrainingSet } from './engine.js';
export type { Pipeline } from './passage.js';
export type { EngineReport, PassedOver } from './protocol.js';
export type { Size } from './slate.js';
export type { State } from './state.js';
export type { Stats } from './stats.js';
