/** What was typed about a proof of a process, in the words of its kind. */
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ProcessProofKind, processProofKinds } from '@sallyport/contract/processes.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { Problem } from '../terminal/output.ts';
import { durationTyped, noSuch, takenBy } from '../terminal/typed.ts';

export interface ProofOptions {
  readonly name?: string;
  readonly publicKey?: string;
  readonly jwksUri?: string;
  readonly certificate?: string;
  readonly own?: true;
  readonly ca?: string;
  readonly commonName?: string;
  readonly organisation?: string;
  readonly organisationalUnit?: string;
  readonly dns?: string;
  readonly uri?: string;
  readonly email?: string;
  readonly requireRevocation?: true;
  readonly issuer?: string;
  readonly audience?: string;
  readonly claim?: readonly string[];
  readonly once?: true;
  readonly lifetime?: string;
}

/** Which of them a kind takes. */
const TAKES: Readonly<Record<ProcessProofKind, readonly (keyof ProofOptions)[]>> = {
  certificate: [
    'certificate',
    'own',
    'ca',
    'commonName',
    'organisation',
    'organisationalUnit',
    'dns',
    'uri',
    'email',
    'requireRevocation',
  ],
  key: ['publicKey', 'jwksUri'],
  workload: ['issuer', 'audience', 'claim', 'jwksUri', 'once'],
  secret: [],
};

export function proofKindTyped(text: string): Result<ProcessProofKind, Problem> {
  const kind = processProofKinds.find((known) => known === text);
  if (kind !== undefined) return ok(kind);
  return failed({
    ...noSuch('proof', text, processProofKinds),
    mend: `A process proves itself by ${processProofKinds.join(', ')}; the first is the strongest.`,
  });
}

export function settingsTyped(
  folder: string,
  kind: ProcessProofKind,
  options: ProofOptions,
): Result<unknown, Problem> {
  const { stray, flags } = takenBy(TAKES, kind, options);
  if (stray !== undefined) {
    return failed({
      what: `${stray} says nothing of a ${kind}.`,
      mend: flags === '' ? 'A secret is made here, and takes none.' : `It takes ${flags}.`,
    });
  }
  switch (kind) {
    case 'secret':
      return ok(undefined);
    case 'key':
      return keySettings(folder, options);
    case 'certificate':
      return certificateSettings(folder, options);
    case 'workload':
      return workloadSettings(options);
  }
}

function keySettings(
  folder: string,
  { publicKey, jwksUri }: ProofOptions,
): Result<unknown, Problem> {
  if ((publicKey === undefined) === (jwksUri === undefined)) {
    return failed({
      what: 'A key is given by its public half or by the address at which the process publishes it.',
      mend: 'Add --public-key FILE (PEM or JWK) or --jwks-uri URL, one of them.',
    });
  }
  if (jwksUri !== undefined) return ok({ jwksUri });
  const file = readTyped(folder, publicKey ?? '');
  if (!file.ok) return file;
  if (file.value.includes('PRIVATE KEY') || /"d"\s*:/.test(file.value)) {
    return failed({
      what: `${publicKey} is a private key. It was not read any further.`,
      mend: 'Give the public half: openssl pkey -in KEY.pem -pubout -out PUBLIC.pem',
    });
  }
  try {
    const jwk = file.value.trimStart().startsWith('{')
      ? (JSON.parse(file.value) as unknown)
      : createPublicKey(file.value).export({ format: 'jwk' });
    return ok({ jwk });
  } catch {
    return failed({ what: `${publicKey} is no public key, neither in PEM nor as a JWK.` });
  }
}

const NAMES = ['commonName', 'organisation', 'organisationalUnit', 'dns', 'uri', 'email'] as const;

function certificateSettings(folder: string, options: ProofOptions): Result<unknown, Problem> {
  const { certificate, ca, own, requireRevocation } = options;
  const given = Object.entries(options).filter(([name]) => NAMES.some((known) => known === name));
  if ([certificate, ca, own].filter((one) => one !== undefined).length !== 1) {
    return failed({
      what: 'A certificate is given as it is, by the CA that issues it and the names that it has, or as one of ours.',
      mend: 'Add --certificate FILE, or --ca FILE with --common-name, --dns or --uri, or --own.',
    });
  }
  if (own !== undefined) {
    const stray = requireRevocation === undefined ? given.length > 0 : true;
    return stray
      ? failed({
          what: 'With --own no names are given, and whether one was revoked is always known.',
          mend: 'What our authority issues to a process says whose it is: --own stands alone.',
        })
      : ok({ own: true });
  }
  if (certificate !== undefined && given.length > 0) {
    return failed({
      what: 'With --certificate no names are given: that very one is taken, and no other.',
      mend: 'For whatever a CA issues under a name, give --ca FILE in its place.',
    });
  }
  if (ca !== undefined && given.length === 0) {
    return failed({
      what: 'A CA issues to others too: say which names it gave to this process.',
      mend: 'Add --common-name, --dns, --uri, --email, --organisation or --organisational-unit.',
    });
  }
  const file = readTyped(folder, certificate ?? ca ?? '');
  if (!file.ok) return file;
  const wanted = requireRevocation === undefined ? {} : { revocation: 'required' };
  if (certificate !== undefined) return ok({ certificate: file.value, ...wanted });
  return ok({ ca: file.value, names: Object.fromEntries(given), ...wanted });
}

function workloadSettings(options: ProofOptions): Result<unknown, Problem> {
  const { issuer, audience, claim = [], jwksUri, once } = options;
  if (issuer === undefined || claim.length === 0) {
    return failed({
      what: 'A workload is known by who gives it tokens, and by what they say of it.',
      mend: 'Add --issuer URL and --claim sub=VALUE; --claim sub^=BEGINNING/ for all that begin so.',
    });
  }
  const claims: Record<string, unknown> = {};
  for (const text of claim) {
    const [, name, sign, value] = /^([^=^]{1,128})(\^?=)(.{1,512})$/.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      return failed({ what: `${text} is no claim.`, mend: 'Write sub=VALUE or sub^=BEGINNING/.' });
    }
    claims[name] = sign === '=' ? { is: value } : { begins: value };
  }
  return ok({
    issuer,
    claims,
    ...(audience === undefined ? {} : { audience }),
    ...(jwksUri === undefined ? {} : { jwksUri }),
    ...(once === undefined ? {} : { once }),
  });
}

function readTyped(folder: string, name: string): Result<string, Problem> {
  try {
    return ok(readFileSync(resolve(folder, name), 'utf8'));
  } catch {
    return failed({ what: `${name} can’t be read.`, mend: 'Name a file that is there.' });
  }
}

/** When a proof is to end; undefined for as late as its kind allows. */
export function endTyped(
  lifetime: string | undefined,
  now: number,
): Result<number | undefined, Problem> {
  if (lifetime === undefined) return ok(undefined);
  const length = durationTyped('--lifetime', lifetime);
  return length.ok ? ok(now + length.value) : length;
}
