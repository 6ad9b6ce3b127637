/** Cuts what comes in on a connection into packets, however it was split on its way. */
import { HEADER, type Header, type HeaderFault, readHeader } from './header.ts';

export interface Frame {
  readonly header: Header;
  /** As it came: hidden under the secret, where there is one. */
  readonly body: Uint8Array;
}

export interface Frames {
  /**
   * Takes what came, and gives each packet that is whole to `take`. Gives back why nothing more can be read of this connection: where
   * the next packet would begin is not known then. `take` stops it by answering false.
   */
  push(bytes: Uint8Array, take: (frame: Frame) => boolean): HeaderFault | undefined;
  /** Whether a packet has begun and is not whole yet. */
  readonly partial: boolean;
}

export function createFrames(mostBody: number): Frames {
  const head = new Uint8Array(HEADER);
  let headHeld = 0;
  let header: Header | undefined;
  let body: Uint8Array | undefined;
  let bodyHeld = 0;

  function end(): Frame | undefined {
    if (header === undefined || body === undefined || bodyHeld < header.length) return undefined;
    const frame = { header, body };
    headHeld = 0;
    bodyHeld = 0;
    header = undefined;
    body = undefined;
    return frame;
  }

  return {
    get partial() {
      return headHeld > 0;
    },
    push(bytes, take) {
      let at = 0;
      while (at < bytes.length) {
        if (header === undefined) {
          const part = bytes.subarray(at, at + HEADER - headHeld);
          head.set(part, headHeld);
          headHeld += part.length;
          at += part.length;
          if (headHeld < HEADER) return undefined;
          const read = readHeader(head, 0, mostBody);
          if (!read.ok) return read.error;
          header = read.value;
          // Room is taken once, so that whoever sends one octet at a time makes nothing be copied twice.
          body = new Uint8Array(header.length);
        }
        if (body !== undefined && bodyHeld < body.length) {
          const part = bytes.subarray(at, at + body.length - bodyHeld);
          body.set(part, bodyHeld);
          bodyHeld += part.length;
          at += part.length;
        }
        const frame = end();
        if (frame !== undefined && !take(frame)) return undefined;
      }
      return undefined;
    },
  };
}
