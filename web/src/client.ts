import { BautaError, asFault } from './faults.js';
import type { Envelope, Reply } from './protocol.js';

/** One end of a channel of messages: a worker seen from outside, a worker's own scope, or a message port. */
export interface Port {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: 'message' | 'error' | 'messageerror', listener: (event: Event) => void): void;
}

/** A command, by the name of its type. */
type Named<Command extends { readonly type: string }, Type> = Extract<Command, { readonly type: Type }>;

/** What is awaited of the other end. */
interface Pending {
  readonly resolve: (answer: never) => void;
  readonly reject: (fault: BautaError) => void;
}

/** The asking end. The type of an answer follows from the command. */
export class Client<Command extends { readonly type: string }, Answers extends Record<Command['type'], unknown>, Told> {
  readonly #port: Port;
  readonly #pending = new Map<number, Pending>();
  #sent = 0;
  #broken: BautaError | undefined;

  /** `onEvent` gets what the other end tells unasked, `onBroken` that it cannot be spoken to any more. */
  constructor(port: Port, onEvent: (told: Told) => void, onBroken: (fault: BautaError) => void) {
    this.#port = port;
    port.addEventListener('message', (event) => {
      const { data } = event as MessageEvent<Reply | Told>;
      if (isReply(data)) this.#settle(data);
      else onEvent(data);
    });
    const broken = (event: Partial<ErrorEvent>): void => {
      event.preventDefault?.(); // or the worker around this one would count as broken too
      const fault = new BautaError(
        'bad-engine-file',
        `a worker of Bauta does not run (${event.message ?? 'its script is missing or not allowed'}); ` +
          "serve all files of the package unchanged, and allow workers from 'self'",
      );
      this.fail(fault);
      onBroken(fault);
    };
    port.addEventListener('error', broken);
    port.addEventListener('messageerror', broken);
  }

  /** Sends a command; what is in `transfer` belongs to the other end afterwards. */
  send<Type extends Command['type']>(
    command: Named<Command, Type>,
    transfer: Transferable[] = [],
  ): Promise<Answers[Type]> {
    if (this.#broken) return Promise.reject(this.#broken);
    const id = this.#sent++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      try {
        this.#port.postMessage({ id, command } satisfies Envelope<unknown>, transfer);
      } catch (cause) {
        this.#pending.delete(id);
        reject(asFault(cause, 'frame-failed'));
      }
    });
  }

  /** Gives up on the other end: rejects what is awaited, and whatever is sent later. */
  fail(fault: BautaError): void {
    this.#broken ??= fault;
    for (const { reject } of this.#pending.values()) reject(fault);
    this.#pending.clear();
  }

  #settle(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (reply.ok) {
      if (pending) pending.resolve(reply.answer as never);
      else if (isFrame(reply.answer)) reply.answer.close(); // nobody waits for it any more
    } else {
      pending?.reject(new BautaError(reply.fault.code, reply.fault.message));
    }
  }
}

/** The answering end: what is done for each command. */
export type Handlers<Command extends { readonly type: string }, Answers extends Record<Command['type'], unknown>> = {
  readonly [Type in Command['type']]: (command: Named<Command, Type>) => Answers[Type] | Promise<Answers[Type]>;
};

/** Answers commands with `handlers`. Frames and tracks in answers are transferred. Gives the way to tell things unasked. */
export const serve = <Command extends { readonly type: string }, Answers extends Record<Command['type'], unknown>>(
  port: Port,
  handlers: Handlers<Command, Answers>,
): ((told: object) => void) => {
  const answer = async ({ id, command }: Envelope<Command>): Promise<void> => {
    try {
      const handler = handlers[command.type as Command['type']] as (command: Command) => unknown;
      const answer = await handler(command);
      port.postMessage({ id, ok: true, answer } satisfies Reply, isFrame(answer) || isTrack(answer) ? [answer as Transferable] : []);
    } catch (cause) {
      const { code, message } = asFault(cause, 'frame-failed');
      port.postMessage({ id, ok: false, fault: { code, message } } satisfies Reply, []);
    }
  };
  port.addEventListener('message', (event) => void answer((event as MessageEvent<Envelope<Command>>).data));
  return (told) => { port.postMessage(told, []); };
};

const isReply = (data: unknown): data is Reply => typeof data === 'object' && data !== null && 'id' in data;

const isFrame = (answer: unknown): answer is VideoFrame =>
  typeof VideoFrame !== 'undefined' && answer instanceof VideoFrame;

const isTrack = (answer: unknown): answer is MediaStreamTrack =>
  typeof MediaStreamTrack !== 'undefined' && answer instanceof MediaStreamTrack;
