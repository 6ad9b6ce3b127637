/**
 * Who is at the other end of each connection, asked by one helper at a time for all who wait. So whoever connects again and again
 * keeps one helper busy and no more, and nobody else waits longer than for the one that is at work and the next.
 */
import type { AskPeers, PeerCredentials } from './peer-credentials.ts';

export interface Waiting {
  /** Undefined where it can't be told, or whoever connected has gone. */
  readonly peer: Promise<PeerCredentials | undefined>;
  /** It has gone: nobody has to be asked. */
  leave(): void;
}

/** The connection's descriptor, at the moment at which a helper takes it; undefined where it is closed by then. */
export type PeerQueue = (descriptor: () => number | undefined) => Waiting;

/** A helper holds two descriptors for each, and a process may have 1,024 where nobody said otherwise. */
export const MOST_AT_ONCE = 250;

interface Place {
  readonly descriptor: () => number | undefined;
  readonly settle: (peer: PeerCredentials | undefined) => void;
}

export function createPeerQueue(askPeers: AskPeers, report: (fault: unknown) => void): PeerQueue {
  const waiting = new Set<Place>();
  let asking = false;

  async function askForThem(): Promise<void> {
    const places = [...waiting].slice(0, MOST_AT_ONCE);
    const descriptors: number[] = [];
    const asked: Place[] = [];
    for (const place of places) {
      waiting.delete(place);
      const descriptor = place.descriptor();
      if (descriptor === undefined) place.settle(undefined);
      else {
        descriptors.push(descriptor);
        asked.push(place);
      }
    }
    if (descriptors.length === 0) return;
    const peers = await askPeers(descriptors).catch((fault) => {
      report(fault);
      return [];
    });
    for (const [at, { settle }] of asked.entries()) settle(peers[at]);
  }

  async function work(): Promise<void> {
    asking = true;
    try {
      while (waiting.size > 0) await askForThem();
    } finally {
      asking = false;
    }
  }

  return (descriptor) => {
    let settle: Place['settle'] = () => {};
    const peer = new Promise<PeerCredentials | undefined>((resolve) => {
      settle = resolve;
    });
    const place: Place = { descriptor, settle };
    waiting.add(place);
    if (!asking) void work().catch(report);
    return {
      peer,
      leave() {
        if (waiting.delete(place)) settle(undefined);
      },
    };
  };
}
