/** Looking after keys (desk.ts). The root key, which lies outside the house, is for the machine itself. */
import type { RotationOutcome } from '../../vault/rotation.ts';
import type { AnswerOf } from '../remote/connection.ts';
import type { Done } from './done.ts';

export type ShownKeys = AnswerOf<'listKeys'>;
export type RotatedSigning = AnswerOf<'rotateSigningKeys'>;

export type Rotated =
  | RotationOutcome
  | {
      readonly state: 'unfinished';
      /** The server goes on with it by itself, or ought to. */
      readonly reason: 'unwatched' | 'stuck';
      readonly primary: number;
      readonly rewrapped: number;
      readonly damaged: readonly string[];
    };

export interface Watching {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface KeysDesk {
  list(): Done<ShownKeys>;
  /** Makes a new key of the ring, and waits until every data key is wrapped again under it. */
  rotate(watching: Watching): Done<Rotated>;
  rotateSigning(at: 'overlap' | 'once'): Done<RotatedSigning>;
}
