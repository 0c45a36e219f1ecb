import { Bauta } from 'bauta';
import type { State, Stats } from 'bauta';
import { SyntheticCamera } from 'bauta/conformance';
import { filesStep, showCommand } from './verify/files-step.js';
import { LogStep } from './verify/log-step.js';
import { TrackLook, canLook, giveUp, showMarkers } from './verify/marker-step.js';
import type { Source } from './verify/marker-step.js';
import { Network } from './verify/network-step.js';
import { find, showError, write } from './elements.js';
import { button, count, onPress } from './verify/page.js';

/** What runs: a camera, the Bauta it is attached to, and a look at both sides. */
interface Run {
  readonly bauta: Bauta;
  /** The camera's track, and another one of its own for the control. */
  readonly camera: MediaStreamTrack;
  readonly control: MediaStreamTrack;
  readonly drawn: SyntheticCamera | undefined;
  readonly looks: readonly TrackLook[];
}

const anonymized = find('anonymized', HTMLVideoElement);
const rawPicture = find('raw-picture', HTMLVideoElement);
const source = find('source', HTMLSelectElement);
const raw = find('raw', HTMLDetailsElement);

/** What the stage says while there is no anonymized picture. */
const NOTICES: Readonly<Record<State, string>> = {
  idle: 'Nothing runs.',
  arming: 'Getting ready: only the slate leaves.',
  running: '',
  degraded: 'The slate leaves until the next good frame.',
  blocked: 'The anonymizer does not work, so nothing leaves.',
  closed: 'Stopped. The camera is off.',
};

let run: Run | undefined;
/** The last Bauta: its log can be read when it is closed. */
let latest: Bauta | undefined;

const network = new Network();
const log = new LogStep(() => latest);
filesStep(() => latest);

const showState = (state: State): void => {
  const badge = find('state', HTMLElement);
  badge.textContent = state;
  badge.dataset.state = state;
  write('notice', NOTICES[state]);
  if (state === 'closed') log.read().catch(showError);
};

const showStats = ({ framesIn, framesOut, slates }: Stats): void => {
  network.frames(framesOut);
  write('raw-counted', count(framesIn));
  write('output-counted', count(framesOut + slates));
};

/** Buttons as they can be pressed while something runs, or nothing does. */
const showButtons = (): void => {
  const isOn = run !== undefined;
  button('start').disabled = source.disabled = isOn;
  button('stop').disabled = button('mute').disabled = button('unplug').disabled = !isOn;
  button('freeze').disabled = button('silence').disabled = run?.drawn === undefined;
  for (const id of BREAKS) button(id).setAttribute('aria-pressed', 'false');
  button('send').disabled = button('compare').disabled = latest === undefined;
  log.enable(latest !== undefined);
};

const openCamera = async (kind: Source): Promise<Pick<Run, 'camera' | 'drawn'>> => {
  if (kind === 'drawn') {
    const drawn = new SyntheticCamera();
    return { camera: drawn.track, drawn };
  }
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480, frameRate: 30 } });
  const [camera] = stream.getVideoTracks();
  if (camera) return { camera, drawn: undefined };
  throw new Error('the camera gives no picture');
};

/** Looks at both sides, and shows what is found. */
const lookAt = (control: MediaStreamTrack, output: MediaStreamTrack, kind: Source): TrackLook[] => {
  const show = (): void => { showMarkers(raw.counts, anonymized.counts, kind); };
  const [raw, anonymized] = [new TrackLook(control, kind, show), new TrackLook(output, kind, show)];
  return [raw, anonymized];
};

const start = async (): Promise<void> => {
  const kind = source.value as Source;
  button('start').disabled = true;
  try {
    await network.summon(); // before the workers begin
    const { camera, drawn } = await openCamera(kind);
    const control = camera.clone();
    try {
      const bauta = latest = await Bauta.create();
      bauta.on('state', showState);
      bauta.on('stats', showStats);
      bauta.on('error', showError);
      const output = await bauta.attach(camera);
      run = { bauta, camera, control, drawn, looks: canLook ? lookAt(control, output, kind) : [] };
      bauta.ready.then(() => Promise.all([log.read(), showCommand(bauta)])).catch(() => undefined); // an error event tells why
      anonymized.srcObject = new MediaStream([output]);
      network.run(true);
    } catch (cause) {
      await latest?.close();
      drawn?.end();
      for (const track of [camera, control]) track.stop();
      throw cause;
    }
  } finally {
    showButtons();
  }
};

const stop = async (): Promise<void> => {
  const ending = run;
  if (ending === undefined) return;
  run = undefined;
  raw.open = false;
  await ending.bauta.close();
  for (const look of ending.looks) look.stop();
  ending.drawn?.end();
  ending.control.stop();
  anonymized.srcObject = rawPicture.srcObject = null;
  network.run(false);
  showButtons();
};

/** Things that go wrong with a camera: how each begins, and how it ends. */
const BREAKS = ['mute', 'freeze', 'silence'] as const;
const setBroken = ({ camera, drawn }: Run, what: (typeof BREAKS)[number], isBroken: boolean): void => {
  if (what === 'mute') camera.enabled = !isBroken;
  else if (!isBroken) drawn?.resume();
  else if (what === 'freeze') drawn?.freeze();
  else drawn?.pause();
};

onPress('start', start);
onPress('stop', stop);
onPress('probe', () => network.probe());
onPress('send', () => network.control());
onPress('leak', () => network.leak());
onPress('unplug', () => {
  if (run?.drawn) run.drawn.end();
  else run?.camera.stop();
});
for (const what of BREAKS) {
  onPress(what, () => {
    const isBroken = button(what).getAttribute('aria-pressed') !== 'true';
    if (run) setBroken(run, what, isBroken);
    button(what).setAttribute('aria-pressed', String(isBroken));
  });
}
raw.addEventListener('toggle', () => {
  rawPicture.srcObject = raw.open && run ? new MediaStream([run.control]) : null;
});
network.show();
if (!canLook) {
  for (const option of source.options) option.disabled = option.value === 'drawn';
  source.value = 'camera';
  giveUp();
}
