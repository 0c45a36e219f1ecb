/**
 * A service worker that lets every request of the demo pass, and tells their windows of it: who asks whom for what, and
 * how many bytes are sent along. It answers nothing itself and keeps nothing.
 */

/** One request, as the page hears of it. */
export interface SeenRequest {
  readonly address: string;
  readonly method: string;
  /** `page`, or the name of the worker's script, or what is known of a worker without one. */
  readonly by: string;
  /** Bytes of its body. */
  readonly sent: number;
}

interface Client {
  readonly url: string;
  readonly type: string;
  postMessage(seen: SeenRequest): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  readonly clientId: string;
}
interface ExtendableEvent extends Event {
  waitUntil(settles: Promise<unknown>): void;
}
const scope = globalThis as unknown as {
  skipWaiting(): Promise<void>;
  readonly clients: {
    claim(): Promise<void>;
    get(id: string): Promise<Client | undefined>;
    matchAll(options: { type: 'window' }): Promise<readonly Client[]>;
  };
  addEventListener(name: 'install' | 'activate', listener: (event: ExtendableEvent) => void): void;
  addEventListener(name: 'fetch', listener: (event: FetchEvent) => void): void;
};

const fileOf = (address: string): string => address.split('/').at(-1) ?? address;

/** The browser names no client for a worker that another worker has started, only the script that asks. */
const nameOf = ({ mode, referrer }: Request, client: Client | undefined): string => {
  if (client) return client.type === 'window' ? 'page' : fileOf(client.url);
  return mode === 'navigate' ? 'page' : `worker of a worker, for ${fileOf(referrer)}`;
};

const tell = async (request: Request, clientId: string): Promise<void> => {
  const bytes = await request.arrayBuffer();
  const client = clientId === '' ? undefined : await scope.clients.get(clientId);
  const seen: SeenRequest = { address: request.url, method: request.method, by: nameOf(request, client), sent: bytes.byteLength };
  for (const window of await scope.clients.matchAll({ type: 'window' })) window.postMessage(seen);
};

scope.addEventListener('install', (event) => { event.waitUntil(scope.skipWaiting()); });
scope.addEventListener('activate', (event) => { event.waitUntil(scope.clients.claim()); });
scope.addEventListener('fetch', (event) => { event.waitUntil(tell(event.request.clone(), event.clientId)); });
