/** Keys derived from the house's index key, one a purpose: for blind indexes and for other rooms' MACs. */
import { hkdfSync, type KeyObject } from 'node:crypto';
import { Fault } from '../kernel/fault.ts';
import { hmacSha256, type Mac } from '../kernel/hmac.ts';

export interface DerivedKeys {
  blindIndex(purpose: string, value: string): Uint8Array;
  derive(purpose: string): Uint8Array;
}

const BYTES = 32;
/** A purpose is a word of the code; one made from what came from outside would fill the memory. */
const MOST_PURPOSES = 256;

export function createDerivedKeys(indexKey: KeyObject): DerivedKeys {
  const indexes = new Map<string, Mac>();

  // The use stands before the purpose, so that a blind index's key is never handed out by `derive`.
  const expand = (use: 'blind index' | 'derive', purpose: string) =>
    new Uint8Array(
      hkdfSync('sha256', indexKey, new Uint8Array(0), `sallyport ${use} v1\0${purpose}`, BYTES),
    );

  function indexOf(purpose: string): Mac {
    let mac = indexes.get(purpose);
    if (mac === undefined) {
      if (indexes.size >= MOST_PURPOSES) {
        throw new Fault('vault.key', 'there are too many purposes of blind indexes');
      }
      mac = hmacSha256(expand('blind index', purpose));
      indexes.set(purpose, mac);
    }
    return mac;
  }

  return {
    blindIndex: (purpose, value) => indexOf(purpose)(value),
    derive: (purpose) => expand('derive', purpose),
  };
}
