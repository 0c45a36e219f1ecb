// One training step, ours against PyTorch's on the same networks and batch.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, target } from './places.mjs';
import { number } from './table.mjs';

const NETWORKS = ['anonymizer', 'utility', 'privacy'];

/** The most that a step may cost of what PyTorch's costs. */
const GOAL = { ratio: 2.5 };

/** How much faster than the frames of a clip a step's cost may seem to grow, timings being what they are. */
const LINEAR_WITHIN = 1.1;

/** One thread each: what is compared is work, not how it is spread. */
const ONE_THREAD = { RAYON_NUM_THREADS: '1', OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };

const run = (program, words) => {
  const output = execFileSync(program, words, { env: { ...process.env, ...ONE_THREAD }, encoding: 'utf8' });
  return JSON.parse(output);
};

/** The version of PyTorch that python3 has, or undefined. */
const torchVersion = (python) => {
  try {
    const words = ['-c', 'import torch; print(torch.__version__)'];
    return execFileSync(python, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
};

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

export const measureTraining = async ({ quick }) => {
  const ours = join(target, 'release/examples/train_step');
  if (!existsSync(ours)) throw new Error(`${ours} is not built; leave --no-build out`);
  const python = process.env.PYTHON ?? 'python3';
  const version = torchVersion(python);
  const [rounds, steps] = quick ? [1, '5'] : [3, '15'];
  const found = { ours: [], peer: [] };
  for (let round = 0; round < rounds; round++) {
    found.ours.push(run(ours, [steps]));
    if (version !== undefined) found.peer.push(run(python, [join(root, 'scripts/lib/bench/torch_step.py'), steps]));
  }
  const rows = NETWORKS.map((network) => {
    const figure = (runs) => ({ value: median(runs.map((one) => one[network].milliseconds)), unit: 'ms' });
    sameNetwork(network, found);
    const what = `training step, ${network}, 32 pictures of 64 px, CPU time of one thread`;
    const peer = version === undefined ? 'PyTorch not installed' : { ...figure(found.peer), name: `PyTorch ${version}` };
    return { what, ours: figure(found.ours), peer, goal: GOAL };
  });
  return { rows: [...rows, ...['anonymizer', 'utility'].map((network) => growth(network, found.ours))], notes: [] };
};

/** How a step's cost grows with the frames of a clip: longest against shortest. */
const growth = (network, runs) => {
  const lengths = runs[0].frames.map(({ frames }) => frames);
  const costs = lengths.map((_, at) => median(runs.map((run) => run.frames[at][network])));
  const [shortest, longest] = [lengths[0], lengths.at(-1)];
  return {
    what: `training step, ${network}, clips of ${longest} frames against clips of ${shortest}, CPU time`,
    ours: { value: costs.at(-1) / costs[0], unit: 'x', spread: `${costs.map(number).join(', ')} ms at ${lengths.join(', ')}` },
    goal: { most: (longest / shortest) * LINEAR_WITHIN },
  };
};

/** Two networks with different numbers of parameters are not the same. */
const sameNetwork = (network, { ours, peer }) => {
  const [left, right] = [ours[0][network].parameters, peer[0]?.[network].parameters];
  if (right === undefined || left === right) return;
  throw new Error(`${network}: ${left} parameters here, ${right} in torch_step.py; the two must be one network`);
};
