/** `sallyport ssh login`: signs in in the browser where that is needed, and gets a certificate for one account on one host. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { hex } from '../../kernel/bytes.ts';
import { SECOND } from '../../kernel/clock.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { readCertificateLine } from '../../wire/ssh/certificate.ts';
import { keyLine, readKeyLine } from '../../wire/ssh/public-key.ts';
import { type AnswerOf, type ConnectionDeps, connect } from '../remote/connection.ts';
import { isCalled, loginAt, type Me, someoneElse } from '../remote/login-at.ts';
import { placeOf } from '../remote/places.ts';
import { tellBy, tellRefused } from '../remote/refused.ts';
import { remoteDeps } from '../remote/remote.ts';
import { reach } from '../remote/token-requests.ts';
import { whichLogin } from '../remote/which-login.ts';
import { aboutWords, momentWords } from '../terminal/amounts.ts';
import type { CommandContext } from '../terminal/command-context.ts';
import { Ended, EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Problem } from '../terminal/output.ts';
import {
  addToAgent,
  freshKey,
  isKnownHost,
  keepKnownHost,
  keepPair,
  keepRevoked,
  keptCertificate,
  keyFile,
  sshFolder,
} from './ssh-files.ts';
import { revokedFile } from './ssh-setup.ts';

export interface SshLoginOptions {
  readonly as?: string;
  readonly person?: string;
  readonly key?: string;
  readonly keep?: true;
  readonly agent: boolean;
  readonly browser: boolean;
}

type Certified = AnswerOf<'logInBySsh'>;

/** What may be part of a file's name: whoever answers may not be who we think. */
const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
/** Of one line of keys: next, active and retiring ones. */
const MOST_AUTHORITIES = 16;

/** Seconds: what a server's policy wants of whoever logs in there, as shipped, with time to spare. */
const FRESH = 60;

export async function sshLogin(
  context: CommandContext,
  host: string,
  options: SshLoginOptions,
): Promise<ExitCode> {
  const output = context.output();
  const deps = remoteDeps(context, { browser: options.browser });
  const folder = sshFolder(context.environment, context.folder);
  if (!PLAIN.test(host) || (options.as !== undefined && !PLAIN.test(options.as))) {
    output.problem({
      what: 'A host and an account are plain names.',
      mend: 'Such as: ssh login web1 --as root',
    });
    return EXIT.usage;
  }
  if (options.keep && options.as === undefined) {
    output.problem({ what: '--keep needs to know the account.', mend: 'Name it with --as.' });
    return EXIT.usage;
  }
  if (options.keep && options.person !== undefined) {
    output.problem({
      what: '--keep takes what is kept and looks at nobody, so --person does not go with it.',
      mend: './sallyport ssh login HOST --as ACCOUNT --person NAME gets what ssh then takes.',
    });
    return EXIT.usage;
  }
  // ssh asks before each connection: what is good is not asked for again, and nobody is asked for anything.
  if (options.keep && options.as !== undefined) {
    const path = keyFile(folder, host, options.as);
    const good = keptCertificate(path, deps.clock) !== undefined;
    const known = isKnownHost(folder, host) && existsSync(revokedFile(folder, host));
    if (good && known) return EXIT.ok;
  }
  const given =
    options.key === undefined ? ok(undefined) : readGiven(resolve(context.folder, options.key));
  if (!given.ok) {
    output.problem(given.error);
    return EXIT.usage;
  }
  const fresh = given.value === undefined ? freshKey(deps.random) : undefined;
  const publicKey = given.value?.line ?? fresh?.publicLine ?? '';
  const place = placeOf(context);
  const origin =
    place.ok && place.value !== undefined
      ? place.value
      : whichLogin(context, deps.logins, undefined);
  const { as: account, person } = options;
  const got = await ask(context, deps, origin, { host, account, publicKey, person });
  if (typeof got === 'number') return got;
  const { asked, me } = got;
  const wrong = notWhatWasAsked(asked, host, options.as, publicKey);
  const authorities = authoritiesIn(asked);
  if (wrong !== undefined || authorities === undefined) {
    const what = wrong ?? 'something for authorities of hosts that is none';
    output.problem({ what: `${origin} answered ${what}. It was not used.` });
    return EXIT.failed;
  }
  if (!(await fetchRevoked(origin, folder, host))) {
    output.problem({
      what: `${origin} gave no list of what is revoked, and no host is known to be good without.`,
      mend: 'Try again.',
    });
    return EXIT.unavailable;
  }
  const revoked = revokedFile(folder, host);
  const known = keepKnownHost(folder, host, authorities);
  const { kept, path } = keep(
    context,
    asked,
    { folder, host, fresh: fresh?.file, given: given.value?.path, now: deps.clock.now() },
    options,
  );
  const until = Date.parse(asked.expiresAt);
  const where = asked.sources.length === 0 ? '' : `, from ${asked.sources.join(' and ')} alone`;
  const what = asked.command === null ? '' : ` What is run there is ${asked.command}.`;
  const target = `${asked.account}@${host}`;
  output.answer({
    says: `You are ${me.identifier} at ${origin}, and may log in as ${target} until ${momentWords(until)}, for ${aboutWords(until - deps.clock.now())}${where}.${what}`,
    next:
      kept === 'agent'
        ? `Your agent has the certificate: ssh ${target}. It forgets it by itself.`
        : `  ssh -i ${path} -o UserKnownHostsFile=${known} -o RevokedHostKeys=${revoked} -o HostKeyAlias=${host} ${target}\n\nWith what ./sallyport ssh config ${host} prints in ~/.ssh/config, plain ssh ${target} does it all.`,
    data: {
      ...asked,
      person: me.identifier,
      kept,
      path: path ?? null,
      knownHosts: known,
      revokedHostKeys: revoked,
    },
  });
  return EXIT.ok;
}

/**
 * Keys that sign for this host, each as the one line that it has: what a server says besides would stand in a list that hosts of other
 * servers are known by.
 */
function authoritiesIn({ hostAuthorities }: Certified): readonly string[] | undefined {
  if (hostAuthorities.length > MOST_AUTHORITIES) return undefined;
  const lines = hostAuthorities.flatMap((line) => {
    const read = readKeyLine(line);
    return read.ok ? keyLine(read.value.key) : [];
  });
  return lines.length === hostAuthorities.length ? lines : undefined;
}

/** A host whose key is in wrong hands shows a certificate that is good by its time: clients have to know better, too. */
async function fetchRevoked(origin: string, folder: string, host: string): Promise<boolean> {
  const response = await reach(`${origin}/ssh/krl`).catch(() => undefined);
  const list = response?.ok ? await response.arrayBuffer().catch(() => undefined) : undefined;
  return list !== undefined && keepRevoked(folder, host, new Uint8Array(list));
}

/** Asks, and signs in before where nobody is signed in or a sign-in is over. */
async function ask(
  context: CommandContext,
  deps: ConnectionDeps,
  origin: string,
  wanted: {
    readonly host: string;
    readonly account: string | undefined;
    readonly publicKey: string;
    readonly person: string | undefined;
  },
): Promise<{ readonly asked: Certified; readonly me: Me } | ExitCode> {
  const output = context.output();
  const { account, host, publicKey, person } = wanted;
  const body = { host, publicKey, ...(account === undefined ? {} : { account }) };
  for (let again = false; ; again = true) {
    const before = deps.logins.get(origin);
    if (before.ok && before.value === undefined) {
      const signedIn = await loginAt(deps, origin, { maxAge: FRESH, person });
      if (!signedIn.ok) {
        output.problem(signedIn.error.problem);
        return signedIn.error.exit;
      }
      // Where ssh runs this (Match exec), it is all that is seen of it.
      output.notice(`You are signed in at ${origin} as ${signedIn.value.identifier}.`);
    }
    try {
      const server = connect(deps, origin);
      const me = await server.call('showMe');
      if (!me.ok) return tellRefused(output, me.error);
      if (!isCalled(me.value, person)) {
        const mend = `./sallyport logout ${origin} ends that sign-in, and the next is another. Or name them with --person.`;
        output.problem(someoneElse(me.value, origin, person, mend));
        return EXIT.refused;
      }
      const done = await server.call('logInBySsh', { body });
      return done.ok ? { asked: done.value, me: me.value } : refused(wanted)(output, done.error);
    } catch (error) {
      // What was kept was of a session that is over by now, and is not kept any more.
      const now = deps.logins.get(origin);
      const over = error instanceof Ended && now.ok && now.value === undefined;
      if (!over || again || output.json) throw error;
      if (error.problem !== undefined) output.problem(error.problem);
    }
  }
}

const refused = ({
  host,
  account,
}: {
  readonly host: string;
  readonly account: string | undefined;
}) =>
  tellBy({
    'not-found': () => ({
      what: `There is no host ${host}.`,
      mend: 'An administrator adds it: ./sallyport device add',
    }),
    'not-permitted': () => ({
      what: `No policy lets you log in at ${host}.`,
      mend: 'Ask an administrator, who sees why with ./sallyport policy simulate.',
    }),
    'ssh-account-refused': ({ accounts }) => {
      const offered = Array.isArray(accounts) ? accounts.join(', ') : '';
      if (offered === '') {
        return {
          what: `Policies let you log in at ${host}, and none says with which account.`,
          mend: 'Ask an administrator for a policy with an @ssh line (docs/ssh.md). With “self” nobody gets an account of systems, such as admin or root.',
        };
      }
      return {
        what:
          account === undefined
            ? `At ${host} you have a choice of accounts.`
            : `Not as ${account} at ${host}.`,
        mend: `Name one with --as: ${offered}.`,
      };
    },
  });

interface Given {
  readonly line: string;
  readonly path: string;
}

/** A key of the person's own: its public half is all that is read. */
function readGiven(path: string): Result<Given, Problem> {
  const plain = path.replace(/\.pub$/, '');
  try {
    const line = readFileSync(`${plain}.pub`, 'utf8').trim();
    const read = readKeyLine(line);
    return read.ok
      ? ok({ line, path: plain })
      : failed({ what: `${plain}.pub is no public key that can be used: ${read.error}.` });
  } catch {
    return failed({ what: `There is no ${plain}.pub.`, mend: 'Name a key that ssh-keygen made.' });
  }
}

/** The server is asked for a certificate of this key, for this: any other could be a trap. */
function notWhatWasAsked(
  { certificate, account, host: said }: Certified,
  host: string,
  wanted: string | undefined,
  publicKey: string,
): string | undefined {
  const read = readCertificateLine(certificate);
  const own = readKeyLine(publicKey);
  if (!read.ok || !own.ok) return 'something that is no certificate';
  if (hex(read.value.key.blob) !== hex(own.value.key.blob)) return 'a certificate for another key';
  const fits =
    read.value.kind === 'user' &&
    said === host &&
    PLAIN.test(account) &&
    (wanted === undefined || account === wanted) &&
    read.value.principals.join() === `${account}@${host}`;
  return fits ? undefined : 'a certificate for something else';
}

function keep(
  { environment }: CommandContext,
  { certificate, account, expiresAt }: Certified,
  from: {
    readonly folder: string;
    readonly host: string;
    readonly fresh: string | undefined;
    readonly given: string | undefined;
    readonly now: number;
  },
  { agent, keep: toFiles }: SshLoginOptions,
): { readonly kept: 'agent' | 'files'; readonly path: string | undefined } {
  const { fresh, given } = from;
  const inAgent = agent && !toFiles && fresh !== undefined && Boolean(environment.SSH_AUTH_SOCK);
  const seconds = Math.max(1, Math.floor((Date.parse(expiresAt) - from.now) / SECOND));
  if (inAgent && addToAgent(environment, fresh, certificate, seconds)) {
    return { kept: 'agent', path: undefined };
  }
  const path = given ?? keyFile(from.folder, from.host, account);
  keepPair(path, fresh, certificate);
  return { kept: 'files', path };
}
