import { Canary } from './canary.js';
import type { Watch } from './canary.js';
import { CellCanary } from './cell-canary.js';
import type { Model } from './engine-host.js';
import { sha256 } from './files.js';
import type { MosaicOptions } from './ledger.js';
import { MotionCanary } from './motion-canary.js';
import { newSampler } from './thumbnail.js';

export { Counting } from './counting.js';

/** A mosaic as engines are opened with it: there are no files. */
export const mosaicParts = async ({ mode: _, ...settings }: MosaicOptions): Promise<Pick<Model, 'mosaic' | 'hashes' | 'card' | 'weights'>> => {
  const mosaic = JSON.stringify(settings);
  const hashes = { card: await sha256(new TextEncoder().encode(mosaic)), weights: '' };
  return { mosaic, hashes, card: '', weights: new Uint8Array() };
};

/** What a canary needs to know of a card. */
interface Shape {
  readonly architecture?: string;
  readonly every?: number;
  readonly cells?: number;
  readonly levels?: number;
}

/** What looks at the pictures of an engine that does not show each frame as a picture. */
export const canaryFor = ({ mosaic, card }: Model): Watch => {
  if (mosaic !== undefined) return new CellCanary((JSON.parse(mosaic) as { cell?: number }).cell ?? 16);
  const { architecture, every, cells = NaN, levels = NaN } = (JSON.parse(card) as { config: Shape }).config;
  return architecture === 'motion' ? new MotionCanary(cells, levels) : new Canary(newSampler(), every);
};
