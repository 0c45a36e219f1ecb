// The rules, the places where each is broken, and the tests that must notice.

/** Tests of the gate, on the CPU engine. */
const gate = (name, file = 'fail-closed.test.ts') => ({ file, name: `engine .cpu. .*${name}` });
/** Tests on an emulated GPU. */
const gpu = (name, file = 'fail-closed.test.ts') => ({ file, name });

/** Each mutant changes a file, mostly in one place: what stands there, and what shall. */
export const RULES = [
  {
    rule: 'F1',
    says: 'before an engine is ready the output is there and shows the slate',
    mutants: [
      {
        breaks: 'frames pass as they are while no engine is ready',
        file: 'web/src/fail-closed.ts',
        changes: [['          tally.withheld++;\n', '          tally.withheld++;\n          enqueue(out, raw.clone());\n']],
        tests: [gate('\\(F1\\)')],
      },
    ],
  },
  {
    rule: 'F2',
    says: 'at a new size the slate is shown until the first frame of that size',
    mutants: [
      {
        breaks: 'a new size is taken without a slate',
        file: 'web/src/fail-closed.ts',
        changes: [["          machine.apply('resize');\n          sendSlate(out);\n", '']],
        tests: [gate('\\(F2\\)')],
      },
    ],
  },
  {
    rule: 'F3',
    says: 'a model or a camera is changed after the next one is ready, without a gap',
    mutants: [
      {
        breaks: 'the engine in use ends before the next is ready',
        file: 'web/src/engines.ts',
        changes: [['    const engine = await next.arm();\n', '    this.#main?.close();\n    const engine = await next.arm();\n']],
        tests: [gate('changes the model again and again', 'switching.test.ts')],
      },
      {
        breaks: 'the camera in use stops before the next one is read',
        file: 'web/src/passage.ts',
        changes: [['    await tell(frames, frames ? [frames] : []);\n', '    this.#camera?.stop();\n    await new Promise((go) => setTimeout(go, 50));\n    await tell(frames, frames ? [frames] : []);\n']],
        tests: [{ file: 'camera-change.test.ts', name: 'again and again' }],
      },
    ],
  },
  {
    rule: 'F4',
    says: 'a frame that fails is dropped, its engine is never used again, and after some the output ends',
    mutants: [
      {
        breaks: 'a frame that fails passes as it is',
        file: 'web/src/fail-closed.ts',
        changes: [['        const made = checked(await anonymize(raw), raw, size);\n', '        const kept = raw.clone();\n        const made = checked(await anonymize(raw).catch(() => kept), raw, size);\n']],
        tests: [gate('puts the slate in place of a frame it fails at.*\\(F4\\)')],
      },
      {
        breaks: 'engines are opened again without end',
        file: 'web/src/engine-host.ts',
        changes: [['      this.#respawnsLeft--;\n', '']],
        tests: [gate('ends the output, on nothing but slates.*\\(F4\\)')],
      },
    ],
  },
  {
    rule: 'F5',
    says: 'a GPU that is lost is opened again behind the slate',
    mutants: [
      {
        breaks: 'nobody is told that the GPU is lost, and its engine goes on',
        file: 'web/src/engine-gpu.ts',
        changes: [['    this.#onLost(this.#broken);\n', "    if (reason === '') this.#onLost(this.#broken);\n    this.#broken = undefined;\n"]],
        tests: [gpu('\\(F5\\)')],
      },
    ],
  },
  {
    rule: 'F6',
    says: 'an engine that computes something else than it should is not used: before the first frame, and at any',
    mutants: [
      {
        breaks: 'the self-test is left out',
        file: 'web/src/engine.ts',
        changes: [['    await selfTest(engine);\n', '    if (engine.card.format < 0) await selfTest(engine);\n']],
        tests: [gpu('computes something else than the card says.*\\(F6\\)')],
      },
      {
        breaks: 'the canary looks and says nothing',
        file: 'web/src/canary.ts',
        changes: [['      if (why !== undefined) throw', "      if (why === '') throw"]],
        tests: [gate('(does not trust an engine|lets not one frame through).*\\(F6\\)')],
      },
      {
        breaks: 'a picture that stands is not found',
        file: 'web/src/canary.ts',
        changes: [['differenceOf(made, before.made) === 0', 'differenceOf(made, before.made) < 0']],
        tests: [gate("does not trust an engine whose picture 'does not follow' \\(F6\\)")],
      },
      {
        breaks: 'a mosaic may be of any pixels',
        file: 'web/src/cell-canary.ts',
        changes: [['if (!isDull && !isMosaic) throw', 'if (!isDull && !isMosaic && this.#cell < 0) throw']],
        tests: [{ file: 'counted.test.ts', name: 'never leaves \\(F6\\)' }],
      },
      {
        breaks: 'the noise of a mosaic may be that of the frame before',
        file: 'web/src/cell-canary.ts',
        changes: [['if (isOld && !isDull) throw', 'if (isOld && !isDull && this.#cell < 0) throw']],
        tests: [{ file: 'counted.test.ts', name: 'never leaves \\(F6\\)' }],
      },
      {
        breaks: 'a model of movement may show any pixels',
        file: 'web/src/motion-canary.ts',
        changes: [['if (!isOfCells(picture, [columns, rows], SLACK)) throw', 'if (!isOfCells(picture, [columns, rows], SLACK) && rows.length < 0) throw']],
        tests: [{ file: 'movement.test.ts', name: 'never leaves \\(F6\\)' }],
      },
      {
        breaks: 'a model of movement may show any colours',
        file: 'web/src/motion-canary.ts',
        changes: [['this.#isGrey(picture, pixel))) throw', 'this.#isGrey(picture, pixel) || pixel >= 0)) throw']],
        tests: [{ file: 'movement.test.ts', name: 'never leaves \\(F6\\)' }],
      },
    ],
  },
  {
    rule: 'F7',
    says: 'where frames take too long, the camera waits: the newest is taken, and after the deadline the slate is shown',
    mutants: [
      {
        breaks: 'there is no deadline',
        file: 'web/src/fail-closed.ts',
        changes: [['now - lastFrameMs > deadlineMs', 'now - lastFrameMs > 1000 * deadlineMs']],
        tests: [{ file: 'demo-states.test.ts', name: "'degraded'" }], // it tells this limit from that of the engine's worker
      },
      {
        breaks: 'thirty frames of the camera may wait',
        file: 'web/src/gate.ts',
        changes: [['.pipeThrough(new TransformStream(guard), {', '.pipeThrough(new TransformStream(guard, { highWaterMark: 30 }), {']],
        tests: [gate('gives a slow engine the newest frame.*\\(F7\\)')],
      },
    ],
  },
  {
    rule: 'F8',
    says: 'a camera whose picture stands still is not shown',
    mutants: [
      {
        breaks: 'a picture may stand for a thousand times the limit',
        file: 'web/src/frozen.ts',
        changes: [['>= this.#limitMs;', '>= 1000 * this.#limitMs;']],
        tests: [gate('\\(F8\\)')],
      },
    ],
  },
  {
    rule: 'F9',
    says: 'a muted camera stays muted and the engine ready',
    mutants: [
      {
        breaks: 'the black picture of a muted camera counts as an engine that fails',
        file: 'web/src/canary.ts',
        changes: [['if (contrastOf(raw) < DULL) return undefined;', "if (contrastOf(raw) < DULL) return 'it is dull';"]],
        tests: [gate('\\(F9\\)')],
      },
    ],
  },
  {
    rule: 'F10',
    says: 'the output ends before the camera stops',
    mutants: [
      {
        breaks: 'the camera stops before the gate has ended the output',
        file: 'web/src/bauta.ts',
        changes: [["    this.#become('closed');\n", "    this.#become('closed');\n    await this.#passage?.turn(null, () => Promise.resolve());\n"]],
        tests: [gate('\\(F10\\)')],
      },
    ],
  },
  {
    rule: 'F11',
    says: 'where the browser lacks something there is an error of a type of its own, never a filter that does nothing',
    mutants: [
      {
        breaks: 'an engine that was asked for and cannot be is replaced in silence',
        file: 'web/src/support.ts',
        changes: [["    if (engine === 'webgpu') {\n      return", "    if (engine === 'webgpu' && !allowSoftwareGpu && why === '') {\n      return"]],
        tests: [{ file: 'refusals.test.ts', name: 'no WebGPU.*\\(F11\\)' }],
      },
    ],
  },
  {
    rule: 'F12',
    says: "engines and the package's models are held to hashes before they are used",
    mutants: [
      {
        breaks: 'any hash will do',
        file: 'web/src/files.ts',
        changes: [['if ((await sha256(bytes)) === wanted)', 'if ((await sha256(bytes)).length > 0)']],
        tests: [{ file: 'refusals.test.ts', name: "letter more in the engine.*script|another card" }],
      },
    ],
  },
  {
    rule: 'F13',
    says: 'the output ends with its camera, and the app is told',
    mutants: [
      {
        breaks: 'the app is not told why',
        file: 'web/src/gate.ts',
        changes: [["    if (onPurpose) return;\n    const why", "    if (onPurpose || this.#machine.state === 'idle') return;\n    const why"]],
        tests: [{ file: 'refusals.test.ts', name: '\\(F13\\)' }],
      },
      {
        breaks: 'where frames come by a video element, a camera that was stopped is waited for',
        file: 'web/src/element-passage.ts',
        changes: [["          if (track.readyState === 'live') return;\n", "          if (track.readyState === 'live' || !track.muted) return;\n"]],
        tests: [{ file: 'pipelines.test.ts', name: "element.*\\(F13\\)" }],
      },
    ],
  },
  {
    rule: 'F14',
    says: 'the raw picture is shown to nobody who did not ask',
    mutants: [
      {
        breaks: 'the demo shows the raw picture at once',
        file: 'www/main.ts',
        changes: [["    made.on('state', showState);\n", "    made.on('state', showState);\n    await showRaw();\n"]],
        tests: [{ file: 'demo.test.ts', name: 'camera.*\\(F14\\)' }],
      },
    ],
  },
  {
    rule: 'F15',
    says: "times and what frames say of themselves are not the camera's",
    mutants: [
      {
        breaks: "frames keep the camera's times",
        file: 'web/src/fail-closed.ts',
        changes: [['timeline.stamp(dueUs)));', 'dueUs < 0 ? dueUs : made.timestamp));']],
        tests: [{ file: 'fail-closed.test.ts', name: "starts the output's clock at zero", unit: true }],
      },
    ],
  },
  {
    rule: 'F16',
    says: 'with the guard on, only what a Bauta made is sent, recorded or encoded',
    mutants: [
      {
        breaks: 'a track may be put in place of another unseen',
        file: 'web/src/guard.ts',
        changes: [["rejecting('RTCRtpSender.replaceTrack', isGivenRawTrack)", "rejecting('RTCRtpSender.replaceTrack', () => false)"]],
        tests: [{ file: 'guard.test.ts', name: 'are refused at every way out.*\\(F16\\)' }],
      },
      {
        breaks: "every clone counts as a Bauta's",
        file: 'web/src/guard.ts',
        changes: [['    return isBranded(self) ? brand(copy) : copy;\n', '    return brand(copy);\n']],
        tests: [{ file: 'guard.test.ts', name: 'a clone of the camera.*\\(F16\\)' }],
      },
    ],
  },
  {
    rule: 'F17',
    says: 'what happened is logged as it happened, in a chain that shows a later change',
    mutants: [
      {
        breaks: 'states are not logged',
        file: 'web/src/gate.ts',
        changes: [["      this.#log.note('state', { state });\n", '']],
        tests: [{ file: 'audit.test.ts', name: 'tells the states' }],
      },
      {
        breaks: 'slates are counted as frames',
        file: 'web/src/gate.ts',
        changes: [["this.#log.note('counts', { framesIn, framesOut, slates,", "this.#log.note('counts', { framesIn, framesOut: framesOut + slates, slates,"]],
        tests: [{ file: 'audit.test.ts', name: 'tells the states' }],
      },
      {
        breaks: 'the hash of an entry is taken for right',
        file: 'web/src/log.ts',
        changes: [["if ((await hashOf(sealed)) !== hash)", "if ((await hashOf(sealed)) === '')"]],
        tests: [{ file: 'audit.test.ts', name: 'tells the states' }],
      },
    ],
  },
  {
    rule: 'F18',
    says: 'what is released is counted before it leaves, model after model, and nothing is shown past the budget',
    mutants: [
      {
        breaks: 'frames leave though the ledger could not be kept',
        file: 'web/src/engine-host.ts',
        changes: [['        await this.#options.books?.kept();\n', '']],
        tests: [{ file: 'counted.test.ts', name: 'does not leave where that cannot be remembered' }],
      },
      {
        breaks: 'the next engine begins with an empty ledger',
        file: 'web/src/counting.ts',
        changes: [['delta, kept: this.#kept() }', 'delta, kept: [] }']],
        tests: [{ file: 'counted.test.ts', name: 'goes on when the mosaic is changed' }],
      },
      {
        breaks: 'two pages may spend one budget',
        file: 'web/src/shelf.ts',
        changes: [['if (lock === null) {', "if (lock === null && name === '') {"]],
        tests: [{ file: 'counted.test.ts', name: 'is remembered across reloads' }],
      },
      {
        breaks: 'an engine is asked again after the budget is spent',
        file: 'web/src/engine-host.ts',
        changes: [["      if (fault.code === 'budget-spent') this.#spent = fault;\n      else", '     ']],
        tests: [{ file: 'counted.test.ts', name: 'takes the place of a mosaic' }],
      },
    ],
  },
];
