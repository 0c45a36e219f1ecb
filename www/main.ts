import { Bauta, BautaError, support } from 'bauta';
import type { BautaReport, BudgetOptions, EngineChoice, State } from 'bauta';
import { chosen, counts, onChoice, showLedgers, standIn } from './dial.js';
import { find, showError, write } from './elements.js';

const anonymized = find('anonymized', HTMLVideoElement);
const rawPicture = find('raw-picture', HTMLVideoElement);
const raw = find('raw', HTMLDetailsElement);
const engine = find('engine', HTMLSelectElement);
const budget = find('budget', HTMLInputElement);
const remember = find('remember', HTMLInputElement);
const meanwhile = find('meanwhile', HTMLInputElement);
const buttons = {
  camera: find('camera', HTMLButtonElement),
  clip: find('clip', HTMLButtonElement),
  stop: find('stop', HTMLButtonElement),
};

/** What the stage says while there is no anonymized picture. */
const NOTICES: Readonly<Record<State, string>> = {
  idle: 'Start the camera, or the bundled clip.',
  arming: 'Getting ready. Until the first anonymized frame there is only this blank slate.',
  running: '',
  degraded: 'Something went wrong with a frame: the slate is shown until the next good one.',
  blocked: 'The anonymizer does not work, so nothing is shown.',
  closed: 'Stopped. The camera is off.',
};

let bauta: Bauta | undefined;
let clip: HTMLVideoElement | undefined;

const showState = (state: State): void => {
  const badge = find('state', HTMLElement);
  badge.textContent = state;
  badge.dataset.state = state;
  write('notice', NOTICES[state]);
  const isOn = state === 'arming' || state === 'running' || state === 'degraded';
  buttons.stop.disabled = !isOn;
  for (const control of [buttons.camera, buttons.clip, engine, budget, remember, meanwhile]) control.disabled = isOn;
};

const showReport = ({ engine: used, card, stats, why, ledgers }: BautaReport): void => {
  showLedgers(ledgers);
  const shown = (ms: number | undefined): string => ms?.toFixed(ms < 10 ? 1 : 0) ?? '–';
  write('fps', stats.fps.toFixed(1));
  write('p50', shown(stats.frameMs?.p50));
  write('p95', shown(stats.frameMs?.p95));
  write('counts', `Frames anonymized: ${String(stats.framesOut)}, slates: ${String(stats.slates)}, faults: ${String(stats.faults)}.`);
  if (used === null || card === null) return;
  write('engine-name', used.kind === 'webgpu' ? 'GPU (WebGPU)' : 'Processor (WebAssembly)');
  const passedOver = used.passedOver.map((engine) => `Passed over ${engine.kind}: ${engine.why}.`);
  write('engine-why', [`Why: ${why}.`, ...passedOver, `Runs on ${used.adapter}, ready in ${(used.loadMs / 1000).toFixed(1)} s.`].join(' '));
  write('card-name', card.name);
  write('card-privacy', card.privacy_claim);
  write('card-licence', card.licence);
  const sets = card.trained.data.map(({ name, role, licence }) => `${name} (${role}; ${licence})`);
  write('card-data', sets.length > 0 ? sets.join(', ') : 'nothing');
  const limits = card.limits.map((limit) => Object.assign(document.createElement('li'), { textContent: limit }));
  find('card-limits', HTMLElement).replaceChildren(...limits);
};

/** The bundled clip as a camera, played in no element that is shown. */
const clipTrack = async (): Promise<MediaStreamTrack> => {
  clip = Object.assign(document.createElement('video'), { src: 'clip/people.webm', loop: true, muted: true });
  await clip.play();
  const stream = (clip as HTMLVideoElement & { captureStream(): MediaStream }).captureStream();
  const [track] = stream.getVideoTracks();
  if (track) return track;
  throw new Error('the bundled clip does not play in this browser');
};

/** What may be spent; a page of the demo that is open elsewhere has its own ledger. */
const budgetAsked = (): BudgetOptions => ({
  ...(budget.value === '' ? {} : { epsilon: budget.valueAsNumber }),
  ...(remember.checked ? { remember: 'demo' } : {}),
});

const start = async (source: 'camera' | 'clip'): Promise<void> => {
  showError(null);
  await stop();
  try {
    const made = await Bauta.create({
      engine: engine.value as EngineChoice,
      model: chosen(),
      ...(meanwhile.checked ? { meanwhile: standIn() } : {}),
      ...(counts() || meanwhile.checked ? { budget: budgetAsked() } : {}), // refused by what spends none
    });
    bauta = made;
    made.on('state', showState);
    made.on('error', showError);
    made.on('stats', () => { showReport(made.report()); });
    const size = { width: 640, height: 480, frameRate: 30 };
    const track = source === 'camera' ? await made.openCamera(size) : await made.attach(await clipTrack());
    anonymized.srcObject = new MediaStream([track]);
  } catch (cause) {
    await stop();
    showError(cause);
    if (cause instanceof BautaError && cause.code === 'no-camera') write('notice', 'No camera here: use the bundled clip.');
  }
};

const stop = async (): Promise<void> => {
  hideRaw();
  await bauta?.close();
  bauta = undefined;
  clip?.pause();
  clip = undefined;
  anonymized.srcObject = null;
};

/** The page's own look at the camera: Bauta does not hand the raw picture out. */
const showRaw = async (): Promise<void> => {
  if (clip) rawPicture.src = clip.src;
  else rawPicture.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
  rawPicture.loop = true;
  await rawPicture.play();
};

const hideRaw = (): void => {
  const { srcObject } = rawPicture;
  if (srcObject instanceof MediaStream) for (const track of srcObject.getTracks()) track.stop();
  rawPicture.srcObject = null;
  rawPicture.removeAttribute('src');
  rawPicture.load();
  raw.open = false;
};

onChoice(() => { bauta?.useModel(chosen()).then(() => { showError(null); }, showError); });
buttons.camera.addEventListener('click', () => void start('camera'));
buttons.clip.addEventListener('click', () => void start('clip'));
buttons.stop.addEventListener('click', () => void stop());
raw.addEventListener('toggle', () => {
  if (raw.open) showRaw().catch(showError);
  else hideRaw();
});

const can = await support();
write('engine-why', can.supported ? `Would run on ${can.engine === 'webgpu' ? 'the GPU' : 'the processor'}: ${can.why}.` : '');
if (!can.supported) {
  showError(can.why);
  buttons.camera.disabled = buttons.clip.disabled = true;
}
