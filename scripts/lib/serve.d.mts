/** A web server on this machine. */
export interface Site {
  /** `http://localhost:PORT/`. */
  readonly address: string;
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly folder: string;
  /** 0, where none is given: any that is free. */
  readonly port?: number;
  /** Bytes to send in place of a file, `null` for one that is to be missing, `undefined` to leave it alone. */
  readonly instead?: (path: string) => string | Uint8Array | null | undefined;
  /** The content security policy that is sent with everything. */
  readonly policy?: string;
}

export declare const CONTENT_SECURITY_POLICY: string;

export declare const serve: (options: ServeOptions) => Promise<Site>;
