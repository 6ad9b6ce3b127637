/** Looking after devices (desk.ts). */
import type { DeviceKind, DeviceProofKind, DeviceStatus } from '@sallyport/contract/devices.ts';
import type { AnswerOf } from '../remote/connection.ts';
import type { Done, Page } from './done.ts';

export type ShownDevice = AnswerOf<'showDevice'>;
export type ShownDeviceProof = ShownDevice['proofs'][number];
export type AddedDeviceProof = AnswerOf<'addDeviceProof'>;
export type ImportedDevices = AnswerOf<'importDevices'>;

export interface DeviceFilter {
  readonly status?: DeviceStatus;
  readonly kind?: DeviceKind;
  readonly zone?: string;
  /** By their ids. */
  readonly owner?: string;
  readonly orphaned?: true;
  readonly after?: string;
  readonly limit: number;
}

export interface NewDevice {
  readonly name: string;
  readonly kind: DeviceKind;
  readonly owner: string;
  readonly zone: string;
  readonly serial: string | null;
  readonly mac: string | null;
  readonly addresses: readonly string[];
  readonly groups: readonly string[];
  readonly purpose: string;
}

export interface NewDeviceProof {
  readonly kind: DeviceProofKind;
  readonly name?: string | undefined;
  readonly certificate?: string | undefined;
  readonly authority?: string | undefined;
  readonly named?: string | undefined;
  readonly publicKey?: string | undefined;
  readonly secret?: string | undefined;
  readonly weakBecause?: string | undefined;
  readonly mac?: string | undefined;
  /** By their id. */
  readonly owner?: string | undefined;
  readonly reason?: string | undefined;
  readonly control?: string | undefined;
  readonly expiresAt?: number | undefined;
}

export interface DevicesDesk {
  /** By name or id. */
  find(named: string): Done<ShownDevice | undefined>;
  list(filter: DeviceFilter): Done<Page<ShownDevice>>;
  add(device: NewDevice): Done<ShownDevice>;
  import(csv: string, apply: boolean): Done<ImportedDevices>;
  change(id: string, change: Partial<NewDevice>): Done<ShownDevice>;
  disable(id: string): Done<ShownDevice>;
  enable(id: string): Done<ShownDevice>;
  retire(id: string): Done<ShownDevice>;
  addProof(id: string, proof: NewDeviceProof): Done<AddedDeviceProof>;
  endProof(id: string, proof: string): Done<unknown>;
}
