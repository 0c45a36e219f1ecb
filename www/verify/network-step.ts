/** Steps 1 and 2: whether the network is cut, and what was asked of whom. */
import type { SeenRequest } from '../witness.js';
import { find, write } from '../elements.js';
import { count, judge, line } from './page.js';

/** Frames that must leave after the cut. */
const ENOUGH_FRAMES = 20;
/** How long the witness may take to start, and to notice the control. */
const [WITNESS_LIMIT_MS, NOTICE_LIMIT_MS] = [5000, 3000];
const CONTROL_BYTES = 1000;
const CONTROL = 'verify.html?control';
const PROBE = 'favicon.svg?probe';

const isControl = ({ address }: SeenRequest): boolean => address.endsWith(CONTROL);
const here = (address: string): boolean => new URL(address, location.href).origin === location.origin;
const wait = (ms: number): Promise<void> => new Promise((go) => setTimeout(go, ms));

/** What is seen of the network from within the page. */
export class Network {
  #framesOut = 0;
  /** Frames that had left when the server could not be reached; undefined while it can. */
  #cutAt: number | undefined;
  #isRunning = false;
  /** When the service worker began to see requests, by the page's clock; undefined while there is none. */
  #witnessedMs: number | undefined;
  #isMissed = false;
  readonly #seen: SeenRequest[] = [];
  /** The browser's own list, of the page alone: by address, bytes received. */
  readonly #received = new Map<string, number>();
  #before: SeenRequest[] = [];

  constructor() {
    if ('serviceWorker' in navigator) {
      navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<SeenRequest>) => {
        this.#seen.push(data);
        this.show();
      });
    }
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#note(entry as PerformanceResourceTiming);
      this.show();
    }).observe({ type: 'resource', buffered: true });
    window.addEventListener('offline', () => void this.probe());
    window.addEventListener('online', () => void this.probe());
    window.addEventListener('pagehide', () => {
      this.#witnessedMs = undefined; // should the page come back, it is summoned again
      void this.#dismiss();
    });
  }

  /** Lets a service worker watch, if it can; settles when it does, or cannot. */
  async summon(): Promise<void> {
    if (this.#witnessedMs !== undefined || !('serviceWorker' in navigator)) return;
    const { serviceWorker } = navigator;
    const claimed = new Promise<void>((go) => {
      if (serviceWorker.controller) go();
      else serviceWorker.addEventListener('controllerchange', () => { go(); }, { once: true });
    });
    try {
      await serviceWorker.register('witness.js', { type: 'module' });
      await Promise.race([claimed, wait(WITNESS_LIMIT_MS)]);
    } catch {
      return; // said by the verdict
    }
    if (serviceWorker.controller) this.#witnessedMs = performance.now();
  }

  /** A new run begins, or the one there is ends: what was found of it stays. */
  run(isRunning: boolean): void {
    this.#isRunning = isRunning;
    if (isRunning) this.frames(0);
    if (isRunning && this.#cutAt !== undefined) this.#cutAt = 0;
    this.show();
  }

  /** So many frames were anonymized and have left in this run. */
  frames(framesOut: number): void {
    this.#framesOut = framesOut;
    this.show();
  }

  /** Asks the server for something: only that says whether the network is cut. */
  async probe(): Promise<void> {
    write('probe-said', 'Trying …');
    try {
      await fetch(PROBE, { cache: 'no-store' });
      this.#cutAt = undefined;
      write('probe-said', 'It answered: the network is there.');
    } catch {
      this.#cutAt ??= this.#framesOut;
      write('probe-said', 'No answer: the network is cut.');
    }
    this.show();
  }

  /** Sends bytes on purpose: who does not notice these would notice no others. */
  async control(): Promise<void> {
    const before = this.#seen.filter(isControl).length;
    await fetch(CONTROL, { method: 'POST', body: new Uint8Array(CONTROL_BYTES) }).catch(() => undefined);
    const untilMs = performance.now() + NOTICE_LIMIT_MS;
    const isNoticed = (): boolean => this.#seen.filter((seen) => isControl(seen) && seen.sent === CONTROL_BYTES).length > before;
    while (!isNoticed() && performance.now() < untilMs) await wait(50);
    this.#isMissed = !isNoticed();
    this.show();
  }

  /** Tries to reach another server, one that does not exist: the browser must refuse before it is even looked for. */
  async leak(): Promise<void> {
    const refused = new Promise<string>((go) => {
      document.addEventListener('securitypolicyviolation', (event) => {
        if (event.disposition === 'enforce') go(event.effectiveDirective);
      }, { once: true });
    });
    const answered = fetch('https://elsewhere.invalid/', { mode: 'no-cors' }).then(() => true, () => wait(500).then(() => false));
    const directive = await Promise.race([refused, answered]);
    if (typeof directive === 'string') write('policy', `Refused by the browser: ${directive} of this page’s policy allows this server alone.`);
    else write('policy', 'Not refused by a policy: this copy of the page is served without one.');
  }

  /** Shows both steps as they stand. */
  show(): void {
    this.#showCut();
    this.#showRequests();
  }

  #note({ name, startTime, transferSize }: PerformanceResourceTiming): void {
    this.#received.set(name, (this.#received.get(name) ?? 0) + transferSize);
    if (this.#witnessedMs === undefined || startTime < this.#witnessedMs) {
      this.#before.push({ address: name, method: '?', by: 'page', sent: 0 });
    }
  }

  async #dismiss(): Promise<void> {
    const registration = await navigator.serviceWorker.getRegistration();
    await registration?.unregister();
  }

  #showCut(): void {
    const since = this.#cutAt === undefined ? undefined : this.#framesOut - this.#cutAt;
    write('offline-frames', since === undefined ? '–' : count(since));
    write('frames', count(this.#framesOut));
    if (since === undefined) {
      const next = this.#isRunning ? 'cut the network' : 'start it, then cut the network';
      judge('offline', { kind: 'wait', why: `${next}.` });
    } else if (since < ENOUGH_FRAMES) {
      const next = this.#isRunning ? 'the network is cut, waiting for frames' : 'the network is cut, but nothing runs';
      judge('offline', { kind: 'wait', why: `${next}.` });
    } else {
      judge('offline', { kind: 'good', why: 'the server cannot be reached, and frames are anonymized all the same.' });
    }
  }

  #showRequests(): void {
    const others = this.#seen.filter((seen) => !isControl(seen));
    const all = [...this.#before, ...others];
    const sent = others.reduce((sum, each) => sum + each.sent, 0);
    const foreign = all.filter(({ address }) => !here(address)).length;
    write('sent', this.#witnessedMs === undefined ? '–' : count(sent));
    write('requests', count(all.length));
    write('by-workers', count(all.filter(({ by }) => by !== 'page').length));
    write('foreign', count(foreign));
    write('received', count([...this.#received.values()].reduce((sum, bytes) => sum + bytes, 0)));
    this.#showRows();
    const controls = this.#seen.filter((seen) => isControl(seen) && seen.sent === CONTROL_BYTES).length;
    if (foreign > 0) judge('network', { kind: 'bad', why: 'another server was asked for something.' });
    else if (sent > 0) judge('network', { kind: 'bad', why: 'bytes were sent.' });
    else if (this.#isMissed) judge('network', { kind: 'warn', why: 'the control was not noticed, so others would not be either. Use the network tab.' });
    else if (this.#framesOut === 0) judge('network', { kind: 'wait', why: `${this.#isRunning ? 'waiting for frames' : 'start it'}.` });
    else if (this.#witnessedMs === undefined) {
      judge('network', { kind: 'warn', why: 'no service worker can watch here: the list is of the page alone, without what was sent. Use the network tab.' });
    } else {
      const noticed = controls > 0 ? '; the control was noticed' : '';
      judge('network', { kind: 'good', why: `no request carried anything, and all were to this server${noticed}.` });
    }
  }

  #showRows(): void {
    const rows = find('request-rows', HTMLElement);
    const all = [...this.#before, ...this.#seen];
    if (rows.children.length === all.length) return;
    rows.replaceChildren(...all.map((request) => {
      const { address, method, by, sent } = request;
      const received = by === 'page' ? this.#received.get(address) : undefined;
      const shown = here(address) ? address.slice(location.origin.length) : address;
      const told = [method === '?' ? '–' : count(sent), received === undefined ? '–' : count(received)];
      return line([isControl(request) ? `${shown} (the control)` : shown, by, method, ...told]);
    }));
  }
}
