/**
 * Session ids that were used, by device: each is good for one session (RFC 8907 §4.1 has them random). An id that comes again is a
 * packet that somebody recorded, or a pad that was used before and would tell two answers to whoever lays them side by side.
 */
import type { DeviceId } from '../../kernel/id.ts';

/** Of one device. Of so many, one in a million new ids is among them by chance; the device then asks again. */
const KEPT = 4096;
const MOST_DEVICES = 10_000;

export interface SpentSessions {
  /** Whether the id is new; from then on it is not. */
  spend(device: DeviceId, session: number): boolean;
}

export function createSpentSessions(): SpentSessions {
  const byDevice = new Map<DeviceId, Set<number>>();
  return {
    spend(device, session) {
      let spent = byDevice.get(device);
      if (spent === undefined) {
        const [longest] = byDevice.size >= MOST_DEVICES ? byDevice.keys() : [];
        if (longest !== undefined) byDevice.delete(longest);
        spent = new Set();
        byDevice.set(device, spent);
      }
      if (spent.has(session)) return false;
      const [oldest] = spent.size >= KEPT ? spent : [];
      if (oldest !== undefined) spent.delete(oldest);
      spent.add(session);
      return true;
    },
  };
}
