// The network alone, ours against onnxruntime-web's, in one page, on one input, taking turns.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSite, within } from './browser.mjs';
import { peers } from './places.mjs';

/** Outputs that differ by more are those of two networks, and their times mean nothing. */
const AGREEMENT = 1e-3;
const GOAL = 0.8;
const MOST_DISPATCHES = 40;
/** Names of adapters that are no GPU. */
const EMULATED = /swiftshader|llvmpipe|lavapipe|software/i;
/** Seconds after which an engine is said not to finish. */
const PATIENCE = 120;

const quantile = (values, part) => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
};

const milliseconds = (values, name) => ({
  value: quantile(values, 0.5),
  unit: 'ms',
  spread: `p95 ${quantile(values, 0.95).toFixed(1)}, n ${values.length}`,
  ...(name === undefined ? {} : { name }),
});

const once = (value, name) => ({ value, unit: 'ms', ...(name === undefined ? {} : { name }) });

const agree = (difference, kind) => {
  if (difference <= AGREEMENT) return;
  throw new Error(`${kind}: outputs differ by ${difference}, at most ${AGREEMENT} allowed; no times are printed`);
};

export const measureEngines = async ({ quick }) => {
  const { version } = JSON.parse(await readFile(join(peers, 'onnxruntime-web/package.json'), 'utf8'));
  const site = await openSite();
  try {
    const cpu = await measureCpu(site, quick, `onnxruntime-web ${version} wasm`);
    const gpu = await measureGpu(site, quick, `onnxruntime-web ${version} WebGPU`);
    return { rows: [...cpu.rows, ...gpu.rows], notes: [...cpu.notes, ...gpu.notes] };
  } finally {
    await site.close();
  }
};

/** Several browsers, each opening the two engines in the other order. */
const measureCpu = async (site, quick, name) => {
  const effort = { most: quick ? 60 : 150, seconds: quick ? 10 : 30, warmUp: 30 };
  const [cold, warm, sides] = [{ ours: [], peer: [] }, { ours: [], peer: [] }, ['ours', 'peer']];
  let largest = 0;
  let frames;
  for (let round = 0; round < (quick ? 1 : 4); round++) {
    await site.withPage({ gpu: false }, async (call) => {
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) cold[side].push(await call('open', side, 'cpu'));
      largest = Math.max(largest, await call('difference'));
      agree(largest, 'CPU');
      const found = await call('race', sides, effort);
      for (const side of sides) warm[side].push(...found[side]);
      frames ??= await call('frames', 'cpu', effort);
    });
  }
  const rows = [
    {
      what: 'network 128x96, CPU, one thread',
      ours: milliseconds(warm.ours),
      peer: milliseconds(warm.peer, name),
      goal: { ratio: GOAL },
    },
    {
      what: 'cold start to first picture, CPU',
      ours: once(quantile(cold.ours, 0.5)),
      peer: once(quantile(cold.peer, 0.5), name),
    },
    { what: 'whole frame 640x480, CPU', ours: milliseconds(frames.milliseconds) },
  ];
  return { rows, notes: [`CPU outputs differ by at most ${largest.toExponential(1)}`] };
};

const measureGpu = async (site, quick, name) => {
  const effort = { most: quick ? 10 : 40, seconds: quick ? 30 : 60, warmUp: 3 };
  const own = await site.withPage({ gpu: 'own' }, (call) => call('adapter'));
  const gpu = own === undefined || EMULATED.test(own) ? true : 'own';
  const together = await site.withPage({ gpu }, (call) => raceOnGpu(call, effort));
  if (together.adapter === undefined) return { rows: [], notes: ['this Chromium has no WebGPU'] };
  const { adapter, ours, peer } = together;
  const indicative = EMULATED.test(adapter);
  const peerRow = (figure) => (peer === undefined ? 'not measured' : (peer.late ?? figure()));
  const rows = [
    {
      what: 'network 128x96, WebGPU, with upload and readback',
      ours: ours.late ?? milliseconds(ours.warm),
      peer: peerRow(() => milliseconds(peer.warm, name)),
      goal: { ratio: GOAL },
      indicative,
    },
    {
      what: 'cold start to first picture, WebGPU',
      ours: ours.late ?? once(ours.cold),
      peer: peerRow(() => once(peer.cold, name)),
    },
  ];
  if (ours.frames !== undefined) {
    const dispatches = { value: ours.frames.dispatches, unit: 'dispatches' };
    const theirs = peerRow(() => ({ value: peer.dispatches, unit: 'dispatches', name: `${name}, network alone` }));
    rows.push({ what: 'whole frame 640x480, WebGPU', ours: milliseconds(ours.frames.milliseconds) });
    const goal = { most: MOST_DISPATCHES };
    rows.push({ what: 'GPU programs a frame, import and network', ours: dispatches, peer: theirs, goal });
  }
  const emulated = indicative ? ', emulated on the processor: its times are indicative only' : '';
  const notes = [`WebGPU adapter: ${adapter}${emulated}`];
  const { difference } = together;
  if (difference !== undefined) notes.push(`WebGPU outputs differ by at most ${difference.toExponential(1)}`);
  return { rows, notes };
};

/** Ours alone first; then the peer as far as it comes within its time; then both in turns. */
const raceOnGpu = async (call, effort) => {
  const adapter = await call('adapter');
  if (adapter === undefined) return { adapter };
  const patience = effort.seconds + PATIENCE;
  const late = { late: `did not finish in ${PATIENCE} s` };
  const ours = { cold: await within(PATIENCE, call('open', 'ours', 'gpu')) };
  if (ours.cold === undefined) return { adapter, ours: late };
  const alone = await within(patience, call('race', ['ours'], effort));
  if (alone === undefined) return { adapter, ours: late };
  ours.warm = alone.ours;
  ours.frames = await within(patience, call('frames', 'gpu', effort));
  const peer = await openPeer(call);
  if (peer.late !== undefined) return { adapter, ours, peer };
  const difference = await call('difference');
  agree(difference, 'WebGPU');
  const found = await within(patience, call('race', ['ours', 'peer'], effort));
  if (found === undefined || found.peer.length === 0) return { adapter, ours, peer: late };
  const dispatches = await call('dispatches', 'peer');
  return { adapter, difference, ours: { ...ours, warm: found.ours }, peer: { ...peer, warm: found.peer, dispatches } };
};

/** `late` says why there is no peer. */
const openPeer = async (call) => {
  try {
    const cold = await within(PATIENCE, call('open', 'peer', 'gpu'));
    return cold === undefined ? { late: `did not finish in ${PATIENCE} s` } : { cold };
  } catch (cause) {
    return { late: `failed: ${cause.message.split('\n')[0].slice(0, 120)}` };
  }
};
