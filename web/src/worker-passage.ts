import { sizeOf } from './capture.js';
import type { OpenPassage, Passage, Turned } from './passage.js';

/** The gate has the camera, and stops it. */
class WorkerPassage implements Passage {
  readonly command;
  readonly transfer;
  track: MediaStreamTrack | undefined;

  constructor(camera: MediaStreamTrack) {
    this.command = { type: 'run', camera, size: sizeOf(camera) } as const;
    this.transfer = [camera as unknown as Transferable];
  }

  async turn(next: MediaStreamTrack | null, tell: (camera: Turned, transfer: Transferable[]) => Promise<unknown>): Promise<void> {
    await tell(next, next ? [next] : []);
  }

  end(): void {
    this.track?.stop();
  }
}

export const openPassage: OpenPassage = (camera) => new WorkerPassage(camera);
