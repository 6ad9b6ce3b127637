/** Enrolment passes of devices (desk.ts). */
import type { AnswerOf } from '../remote/connection.ts';
import type { Done } from './done.ts';

export type ShownDevicePass = AnswerOf<'listDevicePasses'>['items'][number];
export type IssuedDevicePass = AnswerOf<'issueDevicePass'>;

export interface NewDevicePass {
  readonly uses: number;
  /** Milliseconds. */
  readonly lifetime: number;
  readonly names: readonly string[];
  readonly networks: readonly string[];
  readonly attestationKey: string | null;
}

/** Devices are named by their ids. */
export interface PassesDesk {
  /** The newest first. */
  list(device: string): Done<readonly ShownDevicePass[]>;
  issue(device: string, terms: NewDevicePass): Done<IssuedDevicePass>;
  withdraw(device: string, pass: string): Done<unknown>;
}
