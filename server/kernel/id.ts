import type { Clock } from './clock.ts';
import type { Random } from './random.ts';

/**
 * Ids are UUIDs of version 7 (RFC 9562 §5.7) in text: made by the application, ordered by time, so that new rows land
 * side by side in every index. The brand keeps a session's id from standing where a person's is wanted.
 */
export type Id<Kind extends string> = string & { readonly __kind: Kind };

export type PersonId = Id<'person'>;
export type DeviceId = Id<'device'>;
export type ProcessId = Id<'process'>;
export type SubjectId = PersonId | DeviceId | ProcessId;
export type ResourceId = Id<'resource'>;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export interface Ids {
  next<Kind extends string>(): Id<Kind>;
}

/** Ids of one maker ascend even within a millisecond: twelve bits of counter follow the time (RFC 9562 §6.2, method 1). */
export function createIds(clock: Clock, random: Random): Ids {
  let lastTime = 0;
  let counter = 0;
  return {
    next<Kind extends string>() {
      const now = clock.now();
      const noise = random.bytes(10);
      if (now > lastTime) {
        lastTime = now;
        // The counter starts in its lower half, so that it has room to climb.
        counter = ((noise[8]! & 0x07) << 8) | noise[9]!;
      } else {
        counter += 1;
        if (counter > 0xfff) {
          lastTime += 1;
          counter = 0;
        }
      }
      const high = Math.floor(lastTime / 0x10000);
      const low = lastTime % 0x10000;
      const h = (byte: number) => HEX[byte & 0xff]!;
      const text =
        `${h(high >>> 24)}${h(high >>> 16)}${h(high >>> 8)}${h(high)}-${h(low >>> 8)}${h(low)}-` +
        `${h(0x70 | (counter >>> 8))}${h(counter)}-${h(0x80 | (noise[0]! & 0x3f))}${h(noise[1]!)}-` +
        `${h(noise[2]!)}${h(noise[3]!)}${h(noise[4]!)}${h(noise[5]!)}${h(noise[6]!)}${h(noise[7]!)}`;
      return text as Id<Kind>; // The one place where a plain text becomes an id.
    },
  };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Reads an id from outside; undefined unless it has the form of one. */
export function parseId<Kind extends string>(text: string): Id<Kind> | undefined {
  return UUID.test(text) ? (text as Id<Kind>) : undefined;
}

/** The time an id was made at, in milliseconds since the epoch. */
export function idTime(id: Id<string>): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
