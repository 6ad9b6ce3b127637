import { type DeviceWeakness, deviceWeaknessCodes } from '@sallyport/contract/devices.ts';
import type { House } from '../house.ts';
import { few } from './few.ts';
import { type Finding, type Look, ok, warn } from './look.ts';
import { findInHouse, OF_THE_HOUSE } from './reach-house.ts';

const MOST = 2000;
const PAGE = 200;

/** Whether somebody answers for every device, each proves itself, and no exception is forgotten. */
export const lookAtDevices: Look = {
  name: 'devices',
  needs: [...OF_THE_HOUSE, 'devices'],
  look(context) {
    return findInHouse(context, { none: ok('There is none yet.'), judge });
  },
};

const TELLS: Readonly<Record<DeviceWeakness, readonly [what: string, mend: string]>> = {
  'exception-expired': [
    'An exception that is over is still held by',
    'End it (./sallyport device proof end NAME PROOF), or judge it anew: ./sallyport device exception add',
  ],
  exception: [
    'An exception stands in for a proof of',
    'Have it show a certificate, or replace it, before the exception ends: ./sallyport device show NAME',
  ],
  orphaned: [
    'Nobody answers for, or for an exception of,',
    'Have somebody do: ./sallyport device change NAME --owner PERSON, or device exception add anew',
  ],
  'weak-secret': [
    'A weak shared secret is held by',
    'Put a strong one in its place: ./sallyport device secret NAME --for radius',
  ],
  overlap: [
    'Two shared secrets are taken, the new one and the one before, of',
    'Once the device speaks with the new one (./sallyport device show NAME), end the other: ./sallyport device proof end NAME PROOF',
  ],
  'no-proof': [
    'No proof that is good is held by',
    'Give it one (./sallyport certificate sign, device pass, secret or key), or disable it.',
  ],
  ended: [
    'A proof that has ended is still held by',
    'End it: ./sallyport device proof end NAME PROOF',
  ],
  'ends-soon': [
    'A certificate, another proof or an exception ends soon of',
    'Put another in its place in time; devices renew certificates by EST or ACME, and ./sallyport certificate renew by hand.',
  ],
};

async function judge(house: House): Promise<Finding[]> {
  const found = new Map<DeviceWeakness, string[]>();
  let looked = 0;
  let after: string | undefined;
  do {
    const place = { limit: PAGE, ...(after === undefined ? {} : { after }) };
    const page = await house.store.read((q) => house.deviceActs.list(q, {}, place));
    for (const { device, weaknesses } of page.items) {
      looked += 1;
      for (const code of weaknesses) found.set(code, [...(found.get(code) ?? []), device.name]);
    }
    after = page.next;
  } while (after !== undefined && looked < MOST);
  const rest = after === undefined ? [] : [ok(`Only the first ${looked} were looked at.`)];
  if (looked === 0) return [ok('There is none yet.')];
  if (found.size === 0) {
    return [ok(`Somebody answers for each of ${looked}, and each proves itself.`), ...rest];
  }
  const weak = deviceWeaknessCodes.flatMap((code) => {
    const names = found.get(code);
    const [what, mend] = TELLS[code];
    return names === undefined ? [] : [warn(`${what} ${few(names)}.`, mend)];
  });
  return [...weak, ...rest];
}
