/**
 * What a network device of ours asked for and no policy was asked about, since it can't be carried or was never finished: refused, and
 * on record. So often a minute for each device and once for each station, and counted beyond that: whoever is plugged in can cause it.
 */
import type { Reason } from '@sallyport/contract/event-parts.ts';
import type { DeviceId } from '../../kernel/id.ts';
import { byArrival } from '../arrival.ts';
import type { GateDeps } from '../gate-deps.ts';
import { createFewAMinute } from '../throttles/few-a-minute.ts';
import { createTellOrCount, type TellOrCount } from '../throttles/tell-or-count.ts';
import type { Network, UnjudgedBecause } from './network-words.ts';

/** Of one network device, so that none fills the record, nor keeps another out of it. */
const MOST_A_MINUTE = 10;

const REASONS: Readonly<Record<UnjudgedBecause, Reason>> = {
  chap: 'not-asked',
  'ms-chap': 'not-asked',
  'no-password': 'malformed',
  'no-method': 'not-asked',
  state: 'expired',
  'other-name': 'wrong',
  tunnel: 'not-valid',
  malformed: 'malformed',
  unfinished: 'idle',
  fault: 'fault',
};

export function createUnjudged(
  deps: Pick<GateDeps, 'store' | 'record' | 'counter' | 'clock' | 'report'>,
): Network['unjudged'] {
  const { clock, report } = deps;
  const ofDevice = new Map<DeviceId, TellOrCount>();

  function tellOrCountFor(device: DeviceId): TellOrCount {
    const tellOrCount =
      ofDevice.get(device) ?? createTellOrCount(deps, createFewAMinute(clock, MOST_A_MINUTE));
    ofDevice.set(device, tellOrCount);
    return tellOrCount;
  }

  return async (why, { client, name, station }, arrival) => {
    // Never throws: what can't be written is reported, and it was refused all the same.
    try {
      const { device } = client;
      const by = byArrival(arrival);
      await tellOrCountFor(device)(
        `${why} ${station ?? name ?? ''}`,
        {
          type: 'network.unjudged',
          outcome: 'refused',
          ...by,
          actor: device,
          reason: REASONS[why],
          personal: {
            ...by.personal,
            ...(name === undefined || name === '' ? {} : { identifier: name }),
            ...(station === undefined ? {} : { station }),
          },
          data: { client: device, why },
        },
        {
          subject: device,
          door: arrival.door,
          action: 'logIn',
          resource: { kind: 'part', id: 'network' },
        },
      );
    } catch (fault) {
      report(fault);
    }
  };
}
