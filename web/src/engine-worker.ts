import { serve } from './client.js';
import type { Port } from './client.js';
import { loadEngine } from './engine.js';
import type { Engine } from './engine.js';
import { BautaError } from './faults.js';
import type { EngineAnswers, EngineCommand, EngineEvent } from './protocol.js';

let engine: Engine | undefined;

const tell = serve<EngineCommand, EngineAnswers>(globalThis as unknown as Port, {
  async open({ kind, base, weights, card, allowSoftwareGpu }) {
    const onLost = ({ code, message }: BautaError): void => { 
      tell({ event: 'lost', fault: { code, message } } satisfies EngineEvent);
    };
    engine = await loadEngine(kind, { base, weights, card, allowSoftwareGpu, onLost });
    return { adapter: engine.adapter, card: engine.card };
  },

  async anonymize({ frame }) {
    try {
      if (engine === undefined) throw new BautaError('frame-failed', 'a frame came before the engine was open');
      return await engine.anonymize(frame);
    } finally {
      frame.close();
    }
  },
});
