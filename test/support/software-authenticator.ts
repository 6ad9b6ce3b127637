/**
 * An authenticator and the browser before it, in software, which do as WebAuthn says unless a test tells them to lie: about
 * the origin, the site, the flags, the count, or any byte.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { type Cbor, cbor } from './cbor.ts';
import type { Issuer } from './certificates.ts';

export const UP = 0x01;
export const UV = 0x04;
export const BE = 0x08;
export const BS = 0x10;
const AT = 0x40;

export interface Lies {
  readonly origin?: string;
  readonly rpId?: string;
  readonly flags?: number;
  readonly signCount?: number;
  readonly type?: string;
  readonly challenge?: string;
  readonly crossOrigin?: boolean;
  readonly topOrigin?: string;
  /** After the authenticator data, inside the signature. */
  readonly extra?: Uint8Array;
  /** The attestation statement, in place of the right one. */
  readonly statement?: ReadonlyMap<string, Cbor>;
  readonly userHandle?: string;
  readonly credentialId?: string;
}

export interface AuthenticatorModel {
  readonly aaguid?: string;
  readonly attestation?: 'none' | 'self' | 'certified';
  /** Signs attestations, when certified. */
  readonly attester?: Issuer;
  /** Further certificates between the attester and the root. */
  readonly chain?: readonly Issuer[];
  readonly flags?: number;
  /** Counts its signatures from here; always 0 when left out, as synced passkeys do. */
  readonly signCount?: number;
  /** What another process saved: the same passkey, as a person has it on two devices. */
  readonly saved?: SavedPasskey;
}

export interface SavedPasskey {
  readonly key: string;
  readonly credentialId: string;
  readonly userHandle: string | undefined;
}

type Options = Readonly<Record<string, unknown>>;

export interface SoftwareAuthenticator {
  readonly credentialId: string;
  create(options: Options, origin: string, lies?: Lies): Record<string, unknown>;
  get(options: Options, origin: string, lies?: Lies): Record<string, unknown>;
  save(): SavedPasskey;
}

export function softwareAuthenticator(model: AuthenticatorModel = {}): SoftwareAuthenticator {
  const { saved } = model;
  const keys = saved ? keysOf(saved) : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const credentialId = saved ? Buffer.from(saved.credentialId, 'base64url') : randomBytes(32);
  const aaguid = Buffer.from((model.aaguid ?? '').replaceAll('-', '').padEnd(32, '0'), 'hex');
  const honest = model.flags ?? UP | UV;
  let count = model.signCount;
  let userHandle = saved?.userHandle;

  const clientData = (type: string, options: Options, origin: string, lies: Lies) =>
    Buffer.from(
      JSON.stringify({
        type: lies.type ?? type,
        challenge: lies.challenge ?? options.challenge,
        origin: lies.origin ?? origin,
        crossOrigin: lies.crossOrigin ?? false,
        ...(lies.topOrigin === undefined ? {} : { topOrigin: lies.topOrigin }),
      }),
    );

  function authenticatorData(rpId: string, flags: number, lies: Lies, credential = Buffer.of()) {
    const counted = Buffer.alloc(4);
    if (count !== undefined) count++;
    counted.writeUInt32BE(lies.signCount ?? count ?? 0);
    return Buffer.concat([
      createHash('sha256')
        .update(lies.rpId ?? rpId)
        .digest(),
      Buffer.of(lies.flags ?? flags),
      counted,
      credential,
      lies.extra ?? Buffer.of(),
    ]);
  }

  function statement(signed: Buffer): ['none' | 'packed', ReadonlyMap<string, Cbor>] {
    const by = (key: KeyObject): [string, Cbor][] => [
      ['alg', -7],
      ['sig', sign('sha256', signed, key)],
    ];
    if (model.attestation === 'self') return ['packed', new Map(by(keys.privateKey))];
    if (model.attestation === 'certified' && model.attester !== undefined) {
      const x5c = [model.attester, ...(model.chain ?? [])].map(({ der }) => der);
      return ['packed', new Map([...by(model.attester.key), ['x5c', x5c]])];
    }
    return ['none', new Map()];
  }

  const named = (response: object, lies: Lies) => {
    const id = lies.credentialId ?? credentialId.toString('base64url');
    return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response };
  };

  return {
    credentialId: credentialId.toString('base64url'),

    create(options, origin, lies = {}) {
      // The options are ours, made by the code under test; a wrong form shows in what follows.
      const { rp, user } = options as { rp: { id: string }; user: { id: string } };
      userHandle = user.id;
      const said = clientData('webauthn.create', options, origin, lies);
      const credential = Buffer.concat([
        aaguid,
        Buffer.of(0, credentialId.length),
        credentialId,
        cbor(coseKey(keys.publicKey)),
      ]);
      const data = authenticatorData(rp.id, honest | AT, lies, credential);
      const hashed = createHash('sha256').update(said).digest();
      const [fmt, right] = statement(Buffer.concat([data, hashed]));
      const attested = new Map<string, Cbor>([
        ['fmt', fmt],
        ['attStmt', lies.statement ?? right],
        ['authData', data],
      ]);
      return named(
        {
          clientDataJSON: said.toString('base64url'),
          attestationObject: cbor(attested).toString('base64url'),
          transports: ['internal', 'hybrid'],
        },
        lies,
      );
    },

    get(options, origin, lies = {}) {
      const said = clientData('webauthn.get', options, origin, lies);
      const data = authenticatorData(String(options.rpId), honest, lies);
      const hashed = createHash('sha256').update(said).digest();
      return named(
        {
          clientDataJSON: said.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: sign('sha256', Buffer.concat([data, hashed]), keys.privateKey).toString(
            'base64url',
          ),
          userHandle: lies.userHandle ?? userHandle,
        },
        lies,
      );
    },

    save: () => ({
      key: keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      credentialId: credentialId.toString('base64url'),
      userHandle,
    }),
  };
}

function keysOf({ key }: SavedPasskey) {
  const privateKey = createPrivateKey(key);
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

function coseKey(key: KeyObject): ReadonlyMap<number, Cbor> {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return new Map<number, Cbor>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, Buffer.from(x, 'base64url')],
    [-3, Buffer.from(y, 'base64url')],
  ]);
}
