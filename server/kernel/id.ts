import { Buffer } from 'node:buffer';
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

/** The letters of a byte's two digits, side by side. */
const DIGITS = Buffer.from(
  Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0')).join(''),
);
/** Where the bytes stand that are nothing but chance. */
const PLACES = [21, 24, 26, 28, 30, 32, 34] as const;

export interface Ids {
  next<Kind extends string>(): Id<Kind>;
}

/** Ids of one maker ascend even within a millisecond: twelve bits of counter follow the time (RFC 9562 §6.2, method 1). */
export function createIds(clock: Clock, random: Random): Ids {
  let lastTime = 0;
  let counter = 0;
  // Written in place and read as one text: put together from its parts, it costs twice as much, and again where it is first read.
  const text = Buffer.from('00000000-0000-7000-8000-000000000000');
  const put = (byte: number, at: number) => {
    text[at] = DIGITS[2 * byte]!; // Of a byte.
    text[at + 1] = DIGITS[2 * byte + 1]!;
  };
  let written = 0;

  function writeTime(): void {
    const high = Math.floor(lastTime / 0x10000);
    const low = lastTime % 0x10000;
    put((high >>> 24) & 0xff, 0);
    put((high >>> 16) & 0xff, 2);
    put((high >>> 8) & 0xff, 4);
    put(high & 0xff, 6);
    put(low >>> 8, 9);
    put(low & 0xff, 11);
    written = lastTime;
  }

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
      if (written !== lastTime) writeTime();
      put(0x70 | (counter >>> 8), 14);
      put(counter & 0xff, 16);
      put(0x80 | (noise[0]! & 0x3f), 19);
      for (let i = 0; i < PLACES.length; i++) put(noise[i + 1]!, PLACES[i]!);
      // The one place where a plain text becomes an id.
      return text.toString('latin1') as Id<Kind>;
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
