/** What is typed of a device, read by the same rules as by the API. */
import {
  type DeviceKind,
  deviceKinds,
  readMac,
  Serial,
  Zone,
} from '@sallyport/contract/devices.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { parseDuration } from '../../kernel/setting.ts';
import type { Problem } from '../terminal/output.ts';
import { groupProblem, nameProblem, noSuch } from '../terminal/typed.ts';

export interface DeviceOptions {
  readonly name?: string;
  readonly kind?: string;
  readonly owner?: string;
  readonly zone?: string;
  readonly serial?: string;
  readonly mac?: string;
  readonly address?: readonly string[];
  readonly group?: readonly string[];
  readonly purpose?: string;
}

export interface DeviceTyped {
  readonly name?: string;
  readonly kind?: DeviceKind;
  readonly zone?: string;
  readonly serial?: string | null;
  readonly mac?: string | null;
  readonly addresses?: readonly string[];
  readonly groups?: readonly string[];
  readonly purpose?: string;
}

export function kindTyped(typed: string): Result<DeviceKind, Problem> {
  const kind = deviceKinds.find((known) => known === typed.toLowerCase());
  if (kind !== undefined) return ok(kind);
  return failed(noSuch('kind of device', typed, deviceKinds));
}

export function zoneTyped(typed: string): Problem | undefined {
  return Zone.safeParse(typed).success
    ? undefined
    : {
        what: `“${typed}” can’t be a zone.`,
        mend: 'A zone has up to 64 small letters, digits, dots, hyphens and underscores.',
      };
}

export function macTyped(typed: string): Result<string, Problem> {
  const mac = readMac(typed);
  return mac !== undefined
    ? ok(mac)
    : failed({
        what: `“${typed}” is not the MAC address of one device.`,
        mend: 'Write it as 02:00:5e:10:00:01, 02-00-5e-10-00-01, 0200.5e10.0001 or 02005e100001.',
      });
}

export async function devicesTyped(options: DeviceOptions): Promise<Result<DeviceTyped, Problem>> {
  const { name, zone, serial, address, group, purpose } = options;
  const { DevicePurpose } = await import('@sallyport/contract/api/device-shapes.ts');
  const kind = options.kind === undefined ? undefined : kindTyped(options.kind);
  if (kind?.ok === false) return kind;
  const mac = options.mac === undefined || options.mac === '' ? undefined : macTyped(options.mac);
  if (mac?.ok === false) return mac;
  const wrong =
    nameProblem(name) ??
    (zone === undefined ? undefined : zoneTyped(zone)) ??
    (serial === undefined || serial === '' || Serial.safeParse(serial).success
      ? undefined
      : { what: 'A serial number has 1 to 64 printable characters.' }) ??
    (purpose === undefined || DevicePurpose.safeParse(purpose).success
      ? undefined
      : { what: 'A purpose has up to 512 characters, in one line.' }) ??
    (group === undefined ? undefined : await groupProblem(group.filter((one) => one !== '')));
  if (wrong !== undefined) return failed(wrong);
  return ok({
    ...(name === undefined ? {} : { name }),
    ...(kind === undefined ? {} : { kind: kind.value }),
    ...(zone === undefined ? {} : { zone }),
    ...(serial === undefined ? {} : { serial: serial === '' ? null : serial }),
    ...(options.mac === undefined ? {} : { mac: mac?.value ?? null }),
    ...(address === undefined ? {} : { addresses: address.filter((one) => one !== '') }),
    ...(group === undefined ? {} : { groups: group.filter((one) => one !== '') }),
    ...(purpose === undefined ? {} : { purpose }),
  });
}

/** When something ends: a day (`2027-03-31`, to its end), a moment (RFC 3339), or how long from now (`90d`). */
export function untilTyped(option: string, typed: string, now: number): Result<number, Problem> {
  const lasts = parseDuration(typed);
  const day = /^\d{4}-\d{2}-\d{2}$/.test(typed) ? `${typed}T23:59:59Z` : typed;
  const moment = /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})$/.test(day)
    ? Date.parse(day)
    : Number.NaN;
  const at = lasts === undefined ? moment : now + lasts;
  if (Number.isFinite(at) && at > now) return ok(at);
  return failed({
    what: Number.isFinite(at)
      ? `${option} ${typed} is over already.`
      : `${option} is a day, a moment or a time from now, and not “${typed}”.`,
    mend: `Write ${option} 2030-03-31, or 90d.`,
  });
}
