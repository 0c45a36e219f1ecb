import { serve } from './client.js';
import type { Port } from './client.js';
import { loadEngine } from './engine.js';
import type { Engine } from './engine.js';
import { BautaError } from './faults.js';
import type { EngineAnswers, EngineCommand, EngineEvent } from './protocol.js';

let engine: Engine | undefined;

const tellLedger = (engine: Engine): void => {
  const ledger = engine.ledger?.();
  if (ledger !== undefined) tell({ event: 'ledger', ledger } satisfies EngineEvent);
};

const tell = serve<EngineCommand, EngineAnswers>(globalThis as unknown as Port, {
  async open({ kind, ...assets }) {
    const onLost = ({ code, message }: BautaError): void => { 
      tell({ event: 'lost', fault: { code, message } } satisfies EngineEvent);
    };
    engine = await loadEngine(kind, { ...assets, onLost });
    tellLedger(engine);
    return { adapter: engine.adapter, card: engine.card };
  },

  async anonymize({ frame }) {
    try {
      if (engine === undefined) throw new BautaError('frame-failed', 'no engine is open');
      const made = await engine.anonymize(frame);
      tellLedger(engine); // before the frame: it is entered before it leaves
      return made;
    } finally {
      frame.close();
    }
  },
});
