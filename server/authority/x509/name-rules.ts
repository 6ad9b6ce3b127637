/**
 * Whether the names of a certificate are within what a CA above it may give (RFC 5280 §4.2.1.10, §6.1.3 (b) and (c)): of each form
 * that a CA permits something of, one of what is permitted; and nothing of what is excluded, whatever is permitted. What can't be
 * compared is not within: a spelling that nobody here can read excludes each name of its form, and permits none.
 */
import { addressBytes } from '../../wire/x509/alternative-names.ts';
import { type Certificate, same } from '../../wire/x509/certificate.ts';
import { canonicalName, emailAddressesOf } from '../../wire/x509/distinguished-name.ts';
import type { NameConstraints, Subtree } from '../../wire/x509/name-constraints.ts';

/** Comparisons for one certificate under one CA: more are a way to make us compute. */
const MOST_COMPARISONS = 65_536;

type TextForm = Exclude<Subtree['form'], 'other' | 'directory'>;
type Names = Readonly<Record<TextForm, readonly string[]>> & {
  readonly directories: readonly (readonly string[])[];
};

/** `below` is the way from the leaf up to the CA that these constraints are of, without that CA. */
export function namesWithin(
  constraints: NameConstraints | undefined,
  below: readonly Certificate[],
): boolean {
  if (constraints === undefined) return true;
  return below.every((certificate, at) => {
    // A CA that issued itself another certificate is not held to them, unless it is what is shown.
    if (at > 0 && same(certificate.issuer, certificate.subject)) return true;
    return isWithin(constraints, certificate, at === 0);
  });
}

function isWithin(
  { permitted, excluded }: NameConstraints,
  certificate: Certificate,
  isLeaf: boolean,
): boolean {
  const names = namesOf(certificate, isLeaf);
  if (names === undefined) return false;
  const { forms } = certificate.names;
  for (const subtree of [...permitted, ...excluded]) {
    if (subtree.form === 'other' && forms.includes(subtree.tag)) return false;
  }
  const count = Object.values(names).reduce((sum, list) => sum + list.length, 0);
  if (count * (permitted.length + excluded.length) > MOST_COMPARISONS) return false;
  const judged = (form: Subtree['form'], is: (subtree: Subtree) => boolean | undefined) => {
    const of = (list: readonly Subtree[]) => list.filter((one) => one.form === form);
    const allowed = of(permitted).map((one) => isReadable(one) && is(one));
    const barred = of(excluded).map((one) => !isReadable(one) || is(one));
    // Undefined is a name that can't be compared.
    if ([...allowed, ...barred].includes(undefined)) return false;
    return !barred.includes(true) && (allowed.length === 0 || allowed.includes(true));
  };
  const texts = (['dns', 'email', 'uri', 'ip'] as const).every((form) =>
    names[form].every(
      (name) =>
        judged(form, (subtree) => isUnder(name, subtree)) &&
        !(form === 'dns' && excluded.some((subtree) => mayBecome(name, subtree))),
    ),
  );
  return (
    texts &&
    names.directories.every((name) =>
      judged(
        'directory',
        (subtree) =>
          subtree.form === 'directory' && subtree.base.every((part, at) => part === name[at]),
      ),
    )
  );
}

function namesOf(certificate: Certificate, isLeaf: boolean): Names | undefined {
  const { names, commonName = '' } = certificate;
  const subject = canonicalName(certificate.subject);
  const others = names.directory.map(canonicalName);
  const emails = emailAddressesOf(certificate.subject);
  if (subject === undefined || emails === undefined) return undefined;
  const directories: (readonly string[])[] = subject.length === 0 ? [] : [subject];
  for (const other of others) {
    if (other === undefined) return undefined;
    directories.push(other);
  }
  // Programs of old take a common name for that of a host where no other is there; OpenSSL holds it to the constraints as well.
  const asHost = isLeaf && names.dns.length === 0 && HOST.test(commonName) ? [commonName] : [];
  return {
    dns: [...names.dns, ...asHost],
    ip: names.ip,
    uri: names.uri,
    email: [...names.email, ...emails],
    directories,
  };
}

const HOST = /^(?=.*\.)[A-Za-z0-9_*](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/;
const PLAIN_HOST = /^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/;

/** Of text whether it is a host or a domain, or a mailbox there: a wildcard, say, or a port has no meaning there (§4.2.1.10). */
function isReadable(subtree: Subtree): boolean {
  if (!('base' in subtree) || subtree.form === 'directory') return true;
  const { form, base } = subtree;
  if (form === 'dns' && base === '') return true;
  const at = form === 'email' ? base.lastIndexOf('@') : -1;
  return PLAIN_HOST.test(hostName(base.slice(at + 1)).replace(at < 0 ? /^\./ : '', ''));
}

/** Undefined where the name is of no form that can be compared. */
function isUnder(name: string, subtree: Subtree): boolean | undefined {
  switch (subtree.form) {
    case 'dns':
      return isHostUnder(hostName(name), subtree.base);
    case 'email':
      return isMailboxUnder(name, subtree.base);
    case 'uri':
      return isUriUnder(name, subtree.base);
    case 'ip': {
      const bytes = addressBytes(name);
      if (bytes.length !== subtree.address.length) return false;
      return bytes.every((byte, at) => {
        const mask = subtree.mask[at] ?? 0;
        return (byte & mask) === ((subtree.address[at] ?? 0) & mask);
      });
    }
    default:
      return false;
  }
}

const hostName = (name: string) => name.toLowerCase().replace(/\.$/, '');

/** "Any DNS name that can be constructed by simply adding zero or more labels to the left-hand side"; after a dot, one or more. */
function isHostUnder(host: string, base: string): boolean {
  const domain = hostName(base);
  if (domain === '') return true;
  if (domain.startsWith('.')) return host.endsWith(domain);
  return host === domain || host.endsWith(`.${domain}`);
}

/** `*.example.com` is good for a name below that is excluded, whatever it says of itself. */
function mayBecome(name: string, subtree: Subtree): boolean {
  if (subtree.form !== 'dns') return false;
  const [first, ...rest] = hostName(name).split('.');
  if (first?.includes('*') !== true) return false;
  const base = hostName(subtree.base).replace(/^\./, '');
  return base.split('.').slice(1).join('.') === rest.join('.');
}

/** A mailbox, all of a host's, or (after a dot) all of those of hosts below a domain. */
function isMailboxUnder(name: string, base: string): boolean | undefined {
  const at = name.lastIndexOf('@');
  const host = hostName(name.slice(at + 1));
  if (at < 1 || host === '') return undefined;
  const there = base.lastIndexOf('@') + 1;
  const domain = hostName(base.slice(there));
  if (there > 0) return `${name.slice(0, at)}@` === base.slice(0, there) && host === domain;
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain;
}

const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@\\]*@)?([^:/?#@\\]*)(?::\d*)?(?:[/?#]|$)/i;

/** "If the constraint is applied to … a URI that does not include … a fully qualified domain name, then … MUST reject." */
function isUriUnder(name: string, base: string): boolean | undefined {
  const host = hostName(AUTHORITY.exec(name)?.[1] ?? '');
  if (!PLAIN_HOST.test(host) || /^[\d.]+$/.test(host)) return undefined;
  const domain = hostName(base);
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain;
}
