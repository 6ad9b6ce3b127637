/** Looking after devices (desk.ts). */
import type { DeviceKind, DeviceStatus } from '@sallyport/contract/devices.ts';
import type { DeviceProofTerms } from '../../gate/use-cases/devices/device-acts.ts';
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

export interface NewDeviceProof extends Omit<DeviceProofTerms, 'owner'> {
  /** By their id. */
  readonly owner?: string | undefined;
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
