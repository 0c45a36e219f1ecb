import { afterEach, expect, it } from 'vitest';
import { Client, serve } from '../../src/client.js';
import { BautaError } from '../../src/faults.js';
import { installFakeFrame } from './fake-frame.js';

type Command =
  | { readonly type: 'double'; readonly value: number }
  | { readonly type: 'fail'; readonly why: 'fault' | 'error' }
  | { readonly type: 'wait' };

interface Answers {
  double: number;
  fail: undefined;
  wait: undefined;
}

interface Told {
  readonly event: string;
}

const channels: MessageChannel[] = [];
afterEach(() => {
  for (const { port1 } of channels.splice(0)) port1.close();
});

const pair = () => {
  installFakeFrame();
  const channel = new MessageChannel();
  channels.push(channel);
  channel.port1.start();
  channel.port2.start();
  const told: Told[] = [];
  const broken: BautaError[] = [];
  const tell = serve<Command, Answers>(channel.port2, {
    double: ({ value }) => Promise.resolve(2 * value),
    fail: ({ why }) => Promise.reject(why === 'fault' ? new BautaError('bad-model', 'altered') : new Error('boom')),
    wait: () => new Promise(() => undefined),
  });
  const client = new Client<Command, Answers, Told>(
    channel.port1,
    (event) => told.push(event),
    (fault) => broken.push(fault),
  );
  return { client, tell, told, broken, channel };
};

it('gives each command its own answer, whatever the order', async () => {
  const { client } = pair();
  const answers = await Promise.all([1, 2, 3].map((value) => client.send<'double'>({ type: 'double', value })));
  expect(answers).toEqual([2, 4, 6]);
});

it('carries the code and the sentence of a fault across', async () => {
  const { client } = pair();
  await expect(client.send<'fail'>({ type: 'fail', why: 'fault' })).rejects.toMatchObject({
    name: 'BautaError',
    code: 'bad-model',
    message: 'altered',
  });
});

it('makes a fault of any other error', async () => {
  const { client } = pair();
  await expect(client.send<'fail'>({ type: 'fail', why: 'error' })).rejects.toMatchObject({
    code: 'frame-failed',
    message: 'boom',
  });
});

it('hears what is told unasked', async () => {
  const { client, tell, told } = pair();
  tell({ event: 'hello' });
  await client.send<'double'>({ type: 'double', value: 1 });
  expect(told).toEqual([{ event: 'hello' }]);
});

it('rejects what is awaited, and all that is sent later, once the other end is given up', async () => {
  const { client } = pair();
  const waiting = client.send<'wait'>({ type: 'wait' });
  client.fail(new BautaError('closed', 'over'));
  await expect(waiting).rejects.toMatchObject({ code: 'closed' });
  await expect(client.send<'double'>({ type: 'double', value: 1 })).rejects.toMatchObject({ code: 'closed' });
});

it('gives the other end up when its script does not run, and says so', async () => {
  const { client, broken, channel } = pair();
  const waiting = client.send<'wait'>({ type: 'wait' });
  channel.port1.dispatchEvent(new Event('error'));
  await expect(waiting).rejects.toMatchObject({ code: 'bad-engine-file' });
  expect(broken.map(({ code }) => code)).toEqual(['bad-engine-file']);
});
