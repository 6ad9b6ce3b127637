/** The names that go into a certificate: the subject's own, and those that were asked for, each checked for its form. */
import { isIP } from 'node:net';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { NamesToWrite } from '../../wire/x509/alternative-names.ts';
import type { AskedNames, Certified, IssueError } from './authority-words.ts';
import type { AlternativeKind, Profile } from './profiles.ts';

const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
/** No wildcards: a name is one host. */
const DNS = new RegExp(`^(?=.{1,253}$)(${LABEL}\\.)*(?=[a-z0-9-]*[a-z])${LABEL}$`);
/** SPIFFE-ID §2: a trust domain, and a path without empty or dotted segments. */
const SPIFFE = /^spiffe:\/\/[a-z0-9._-]{1,255}(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+)*$/;
const UPN = /^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}]{1,253}$/u;
const MOST = 64;

const FORMS: Readonly<Record<AlternativeKind, (name: string) => boolean>> = {
  dns: (name) => DNS.test(name),
  ip: (name) => isIP(name) !== 0 && !name.includes('%'),
  uri: (name) => name.length <= 2048 && SPIFFE.test(name),
  upn: (name) => UPN.test(name),
};

const KINDS: readonly AlternativeKind[] = ['dns', 'ip', 'uri', 'upn'];

function urnOf({ kind, id }: Pick<Certified, 'kind' | 'id'>): string {
  return `urn:sallyport:${kind}:${id}`;
}

/** What of these can be asked for, each once, in the one text that it is compared by. What is more than may be is refused later. */
export function namesAsked(asked: AskedNames = {}): readonly string[] {
  const names = KINDS.flatMap((kind) =>
    (asked[kind] ?? []).map((name) => (kind === 'upn' ? name.toLowerCase() : written(kind, name))),
  );
  return [...new Set(names)].slice(0, MOST + 1);
}

export function namesFor(
  profile: Profile,
  subject: Certified,
  asked: AskedNames = {},
): Result<NamesToWrite, IssueError> {
  const names: Record<AlternativeKind, string[]> = { dns: [], ip: [], uri: [], upn: [] };
  for (const kind of KINDS) {
    for (const given of asked[kind] ?? []) {
      const name = written(kind, given);
      if (!profile.names.includes(kind) || !FORMS[kind](name)) {
        return failed({ code: 'name-not-allowed', detail: given.slice(0, 128) });
      }
      if (!names[kind].includes(name)) names[kind].push(name);
    }
  }
  if (KINDS.reduce((sum, kind) => sum + names[kind].length, 0) > MOST) {
    return failed({ code: 'name-not-allowed', detail: `more than ${MOST} names` });
  }
  const { needs } = profile;
  if (needs.length > 0 && !needs.some((kind) => names[kind].length > 0)) {
    return failed({ code: 'name-missing', detail: needs.join(' or ') });
  }
  // SPIFFE X509-SVID §2: exactly one.
  if (!profile.urn && names.uri.length > 1) {
    return failed({ code: 'name-not-allowed', detail: 'more than one SPIFFE ID' });
  }
  const uri = profile.urn ? [urnOf(subject), ...names.uri] : names.uri;
  return ok({ ...names, uri });
}

/** One text for each name, as certificates that are read have it. */
function written(kind: AlternativeKind, name: string): string {
  if (kind === 'dns') return name.toLowerCase();
  if (kind !== 'ip' || isIP(name) !== 6) return name;
  return URL.canParse(`http://[${name}]`)
    ? new URL(`http://[${name}]`).hostname.slice(1, -1)
    : name;
}
