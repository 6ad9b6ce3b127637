/**
 * State attributes (RFC 2865 §5.24): what a challenge gives to a network device, to come back with the answer. They are chance, mean
 * nothing to anyone, are good once, for the device that got them, and for a while. What they stand for stays in here.
 */
import { type AgingMap, createAgingMap } from '../../kernel/aging-map.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { DeviceId } from '../../kernel/id.ts';
import type { Random } from '../../kernel/random.ts';

const LENGTH = 16;
/** Some hundred bytes each: a network device that has many challenges open pushes out its own oldest, and nobody else's. */
const MOST_OF_DEVICE = 10_000;

export interface States<T> {
  give(device: DeviceId, of: T): Uint8Array;
  /** Takes it away. Undefined unless it was given to this device, not long ago. */
  take(device: DeviceId, state: Uint8Array): T | undefined;
  /** As it was before it was taken: what came with it was nothing. */
  putBack(device: DeviceId, state: Uint8Array | undefined, of: T): void;
}

export function createStates<T>(
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  keep: number,
  /** Told of those that were given up. */
  onForgotten: (of: T) => void = () => {},
): States<T> {
  const open = new Map<DeviceId, AgingMap<string, T>>();
  const text = Buffer.alloc(LENGTH);

  /** Each octet as a letter: by way of an array of the runtime's own for each, it costs three times as much, and garbage. */
  function keyOf(state: Uint8Array): string {
    text.set(state);
    return text.toString('latin1');
  }

  /** Network devices that hold our secrets are few. */
  function openAt(device: DeviceId): AgingMap<string, T> {
    let there = open.get(device);
    if (there === undefined) {
      there = createAgingMap<string, T>({
        most: MOST_OF_DEVICE,
        keep: { clock, for: keep },
        onForgotten,
      });
      open.set(device, there);
    }
    return there;
  }

  return {
    give(device, of) {
      const state = random.bytes(LENGTH);
      openAt(device).set(keyOf(state), of);
      return state;
    },
    take(device, state) {
      if (state.length !== LENGTH) return undefined;
      const key = keyOf(state);
      // Another device that shows it takes nothing away from the one that holds it.
      const there = open.get(device);
      const found = there?.get(key);
      there?.delete(key);
      return found;
    },
    putBack(device, state, of) {
      if (state?.length === LENGTH) openAt(device).set(keyOf(state), of);
    },
  };
}
