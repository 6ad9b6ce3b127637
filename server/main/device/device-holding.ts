/** Of a device that was to have what another has: which one that is, as far as whoever asks may see it. */
import type { DevicesDesk, ShownDevice } from '../desks/devices-desk.ts';
import type { Refused } from '../remote/connection.ts';
import type { ExitCode } from '../terminal/exit.ts';
import type { Output, Problem } from '../terminal/output.ts';
import type { DeviceTyped } from './device-typed.ts';
import { refusedDeviceBy } from './device-words.ts';

const PAGE = 100;

export async function refusedHeld(
  devices: DevicesDesk,
  wanted: DeviceTyped,
  output: Output,
  error: Refused,
): Promise<ExitCode> {
  const problem = await heldProblem(devices, wanted, error);
  return refusedDeviceBy(problem === undefined ? {} : { [error.code]: () => problem })(
    output,
    error,
  );
}

async function heldProblem(
  devices: DevicesDesk,
  { name, mac, serial }: DeviceTyped,
  { code, members }: Refused,
): Promise<Problem | undefined> {
  switch (code) {
    case 'name-taken':
      return {
        what: `A device is called “${name}” already. Nothing was changed.`,
        mend: `./sallyport device show ${name} tells of it; or take another name.`,
      };
    case 'mac-taken': {
      const holder = await firstLike(devices, (device) => device.mac === mac);
      return holder && sameProblem(holder, `has the MAC address ${mac}`);
    }
    case 'serial-taken': {
      const holder = await firstLike(devices, (device) => device.serial === serial);
      return holder && sameProblem(holder, `has the serial number ${serial}`);
    }
    case 'network-taken': {
      const network = String(members.network);
      const holder = await firstLike(devices, ({ addresses }) => addresses.includes(network));
      return holder && networkProblem(holder, network);
    }
    default:
      return undefined;
  }
}

function sameProblem({ name }: ShownDevice, has: string): Problem {
  return {
    what: `${name} ${has} already. Nothing was changed.`,
    mend: `Is it the same one? ./sallyport device show ${name} tells of it, ./sallyport device retire ${name} is for one that is gone.`,
  };
}

function networkProblem({ name, addresses }: ShownDevice, network: string): Problem {
  const rest = addresses.filter((address) => address !== network);
  const kept =
    rest.length === 0 ? " --address ''" : rest.map((one) => ` --address ${one}`).join('');
  return {
    what: `${name} speaks from ${network} already. Nothing was changed.`,
    mend: `Name a narrower network here, or take it away there: ./sallyport device change ${name}${kept}`,
  };
}

async function firstLike(
  devices: DevicesDesk,
  fits: (device: ShownDevice) => boolean,
): Promise<ShownDevice | undefined> {
  let after: string | undefined;
  do {
    const page = await devices.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    if (!page.ok) return undefined; // It may be shown to others alone.
    const found = page.value.items.find((device) => device.status !== 'retired' && fits(device));
    if (found !== undefined) return found;
    after = page.value.next ?? undefined;
  } while (after !== undefined);
  return undefined;
}
