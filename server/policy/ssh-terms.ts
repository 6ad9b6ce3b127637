/**
 * What policies say of SSH certificates for whom they let log in: `@ssh("accounts=deploy,root minutes=5 allow=pty")`.
 *
 *     accounts=deploy,self     accounts on the host; `self` is the one that is called like the person, unless it is a system's
 *     minutes=5                how long the certificate is good; 5 where nothing is said, 60 at most
 *     source=10.0.0.0/8,here   networks from which it may be used; `here` is the address from which it is asked for
 *     allow=pty                what else it lets one do; nothing where nothing is said
 *     command=/usr/bin/uptime  what is run whatever is asked for: always last, with all that follows
 *
 * Where several policies permit the same account, all that they say holds together.
 */
import { isIP } from 'node:net';
import { failed, ok, type Result } from '../kernel/result.ts';

export const sshAllowances = [
  'pty',
  'agent-forwarding',
  'port-forwarding',
  'x11-forwarding',
  'user-rc',
] as const;
export type SshAllowance = (typeof sshAllowances)[number];

export interface SshTerms {
  readonly accounts: readonly string[];
  readonly minutes: number;
  readonly sources: readonly string[];
  readonly allow: readonly SshAllowance[];
  readonly command: string | undefined;
}

export const SELF = 'self';
export const HERE = 'here';
/** A name of an account that is safe in a principal, a log and a shell (shadow-utils' own rule). */
export const ACCOUNT = /^[a-z_][a-z0-9_-]{0,31}$/;
/**
 * Accounts that systems come with, and those by which images of them are administered: nobody's own. Whoever may add people could
 * otherwise add one of such a name, and be that on every host where people log in as themselves.
 */
const OF_SYSTEMS: ReadonlySet<string> = new Set([
  ...['root', 'toor', 'admin', 'administrator', 'sysadmin', 'operator', 'sudo', 'wheel', 'adm'],
  ...['daemon', 'bin', 'sys', 'sync', 'shutdown', 'halt', 'games', 'man', 'lp', 'mail', 'news'],
  ...['uucp', 'proxy', 'backup', 'list', 'irc', 'gnats', 'nobody', 'ftp', 'dbus', 'messagebus'],
  ...['sshd', 'polkitd', 'tss', 'chrony', 'ntp', 'syslog', 'tcpdump', 'uuidd', 'landscape'],
  ...['www-data', 'apache', 'nginx', 'httpd', 'postgres', 'mysql', 'redis', 'mongodb', 'docker'],
  ...['git', 'jenkins', 'ansible', 'puppet', 'ubuntu', 'debian', 'fedora', 'centos', 'rocky'],
  ...['almalinux', 'ec2-user', 'cloud-user', 'cloudadmin', 'azureuser', 'opc', 'core', 'arch'],
  ...['alpine', 'freebsd', 'opensuse', 'vagrant', 'pi', 'vyos', 'sallyport'],
]);
/** systemd's, and what BSDs and macOS put before such names. */
const OF_SYSTEM = /^(?:_|systemd-)/;

const isOfSystems = (account: string) => OF_SYSTEMS.has(account) || OF_SYSTEM.test(account);

/** The account that is called like a person, if it can be theirs. */
export function ownAccount(identifier: string | undefined): string | undefined {
  if (identifier === undefined || !ACCOUNT.test(identifier)) return undefined;
  return isOfSystems(identifier) ? undefined : identifier;
}

/** Whether somebody may be that account where the host takes them for whom they say that they are: those of systems are given by name. */
export function mayBe(account: string, terms: readonly SshTerms[]): boolean {
  return !isOfSystems(account) || terms.some(({ accounts }) => accounts.includes(account));
}

const USUAL_MINUTES = 5;
const MOST_MINUTES = 60;
/** Printable ASCII: it stands in a certificate, a log and a shell. */
const COMMAND = /^[\x20-\x7e]{1,512}$/;
const WORDS = ['accounts', 'minutes', 'source', 'allow'];

export function readSshTerms(text: string): Result<SshTerms | undefined, string> {
  if (text.trim() === '') return ok(undefined);
  const [, words = '', command] = /^(.*?)(?:(?:^|\s)command=(.*))?$/s.exec(text) ?? [];
  if (command !== undefined && !COMMAND.test(command)) {
    return failed('The command of SSH terms is plain text of 512 characters at most');
  }
  const given = new Map<string, string>();
  for (const part of words.split(/\s+/)) {
    if (part === '') continue;
    const [, word = part, value = ''] = /^([a-z]+)=(.+)$/.exec(part) ?? [];
    if (!WORDS.includes(word) || value === '') {
      return failed(
        `SSH terms know ${WORDS.join(', ')} and command, each with =, and no "${part}"`,
      );
    }
    if (given.has(word)) return failed(`The SSH terms have "${word}" twice`);
    given.set(word, value);
  }
  const listOf = (word: string) => given.get(word)?.split(',') ?? [];
  const accounts = listOf('accounts');
  if (accounts.length === 0) return failed('SSH terms name accounts, such as accounts=deploy');
  const strange = accounts.find((account) => !ACCOUNT.test(account));
  if (strange !== undefined) return failed(`"${strange}" can’t be an account`);
  const minutes = Number(given.get('minutes') ?? USUAL_MINUTES);
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > MOST_MINUTES) {
    return failed(`A certificate is good for 1 to ${MOST_MINUTES} whole minutes`);
  }
  const sources = listOf('source');
  const nowhere = sources.find((source) => source !== HERE && !isNetwork(source));
  if (nowhere !== undefined) return failed(`"${nowhere}" is no network`);
  const allow: SshAllowance[] = [];
  for (const word of listOf('allow')) {
    const known = sshAllowances.find((each) => each === word);
    if (known === undefined)
      return failed(`SSH terms allow ${sshAllowances.join(', ')}, and no "${word}"`);
    allow.push(known);
  }
  return ok({ accounts, minutes, sources, allow, command });
}

/** As sshd takes them: an address, or a network in CIDR form. */
function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const most = isIP(address) === 4 ? 32 : 128;
  const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  return isIP(address) !== 0 && fits && more.length === 0;
}

/** What all of these say together of an account; undefined where none offers it or where two contradict one another. */
export function sshTermsFor(
  terms: readonly SshTerms[],
  account: string,
):
  | (Omit<SshTerms, 'accounts' | 'sources'> & { readonly sources: readonly (readonly string[])[] })
  | undefined {
  const offering = terms.filter(({ accounts }) => accounts.includes(account));
  const [first, ...rest] = offering;
  if (first === undefined) return undefined;
  const commands = new Set(offering.flatMap(({ command }) => command ?? []));
  if (commands.size > 1) return undefined;
  return {
    minutes: Math.min(...offering.map(({ minutes }) => minutes)),
    sources: offering.flatMap(({ sources }) => (sources.length === 0 ? [] : [sources])),
    allow: first.allow.filter((word) => rest.every(({ allow }) => allow.includes(word))),
    command: [...commands][0],
  };
}
