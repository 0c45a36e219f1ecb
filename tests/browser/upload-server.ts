/** A server that video is sent to, by POST and by WebSocket, and that gives back what it received. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

export type Way = 'http' | 'socket';

export interface UploadServer {
  /** `http://localhost:PORT/`. Everything but `/upload/` is the page's own site, so that its policy holds here. */
  readonly address: string;
  /** The messages received by each way, in their order. */
  readonly received: Readonly<Record<Way, Buffer[]>>;
  close(): Promise<void>;
}

/** Starts it in front of `site`. `/upload/http` takes a message in each POST, `/upload/socket` one in each frame. */
export const serveUploads = async (site: string): Promise<UploadServer> => {
  const received: Record<Way, Buffer[]> = { http: [], socket: [] };
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const path = request.url ?? '/';
      if (request.method === 'POST' && path === '/upload/http') {
        const parts: Buffer[] = [];
        for await (const part of request) parts.push(part as Buffer);
        received.http.push(Buffer.concat(parts));
        response.writeHead(204).end();
        return;
      }
      const back = /^\/upload\/(http|socket)\/(\d+)$/.exec(path);
      if (back) {
        response.writeHead(200).end(received[back[1] as Way][Number(back[2])]);
        return;
      }
      const file = await fetch(new URL(path, site));
      const names = ['content-type', 'content-security-policy'];
      const headers = names.flatMap((name) => (file.headers.has(name) ? [[name, file.headers.get(name) ?? '']] : []));
      response.writeHead(file.status, Object.fromEntries(headers) as Record<string, string>).end(Buffer.from(await file.arrayBuffer()));
    };
    answer().catch((cause: unknown) => response.writeHead(500).end(String(cause)));
  });
  const sockets = new WebSocketServer({ server, path: '/upload/socket' });
  sockets.on('connection', (socket) => socket.on('message', (message) => received.socket.push(message as Buffer)));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://localhost:${String(port)}/`,
    received,
    close: () => new Promise((closed) => {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
      server.closeAllConnections();
      server.close(() => { closed(); });
    }),
  };
};
