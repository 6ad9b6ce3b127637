/**
 * Every setting that makes this installation less safe announces itself: at the start, in `config check`, in `doctor`. It is
 * allowed, and it is never quiet. To add one: an entry in the table.
 */
import { DAY, HOUR, MINUTE } from '../kernel/clock.ts';
import { isOpenToOthers } from '../store/store-config.ts';
import { valueAt } from './issue-words.ts';
import type { LoadedConfig } from './load-config.ts';
import type { Config } from './sections.ts';
import { listSettings } from './settings.ts';

export interface ConfigWarning {
  readonly setting: string;
  readonly where: string;
  readonly says: string;
}

interface Announcement {
  readonly setting: string;
  readonly when: (config: Config) => boolean;
  readonly says: string;
}

const wholeWorld = (networks: readonly string[]) =>
  networks.some((network) => /^(?:0\.0\.0\.0|::)\/0$/.test(network));

const WITHOUT_NUMBER =
  'Logins at these network devices are approved without a number, so that somebody who knows a password can hope for a yes from whoever logs in at the same moment.';

const ANNOUNCEMENTS: readonly Announcement[] = [
  {
    setting: 'proofs.upstream.unsigned',
    when: ({ proofs: { upstream } }) => upstream.servers.length > 0 && upstream.unsigned,
    says: 'Whoever stands between here and that RADIUS server can forge its yes within minutes (CVE-2024-3596). Have it sign with a Message-Authenticator.',
  },
  {
    setting: 'radius.codeAppended',
    when: ({ radius }) => radius.enabled && radius.codeAppended.length > 0,
    says: 'These network devices ask once, so that people type password and code into one field, which may be kept or shown as a password is.',
  },
  {
    setting: 'radius.approve.withoutNumber',
    when: ({ radius }) =>
      radius.enabled && radius.approve.enabled && radius.approve.withoutNumber.length > 0,
    says: WITHOUT_NUMBER,
  },
  {
    setting: 'tacacs.approve.withoutNumber',
    when: ({ tacacs }) =>
      tacacs.enabled && tacacs.approve.enabled && tacacs.approve.withoutNumber.length > 0,
    says: WITHOUT_NUMBER,
  },
  {
    setting: 'radius.messageAuthenticator',
    when: ({ radius }) => radius.enabled && radius.messageAuthenticator !== 'first',
    says: 'Requests are read before it is known that they are signed. Have your network devices put the Message-Authenticator first.',
  },
  {
    setting: 'tacacs.plain',
    when: ({ tacacs }) => tacacs.enabled && tacacs.plain,
    says: 'TACACS+ with a shared secret hides little from whoever records it. Turn this off once every device speaks TLS.',
  },
  {
    setting: 'proofs.card.withPin.own',
    when: ({ proofs: { card } }) => card.withPin.own,
    says: 'Each certificate of your own for people counts as card and PIN, a file on a disk too. Issue them to cards alone.',
  },
  {
    setting: 'mail.requireTLS',
    when: ({ mail }) => mail.host !== undefined && !mail.requireTLS,
    says: 'Mail may cross the network unencrypted, and anyone on the way can read the links in it.',
  },
  {
    setting: 'listen.trustedProxies',
    when: ({ listen }) => wholeWorld(listen.trustedProxies),
    says: 'Any client may claim any address, so throttles and policies on addresses mean nothing. Name your proxies only.',
  },
  {
    setting: 'listen.trustedNetworks',
    when: ({ listen }) => wholeWorld(listen.trustedNetworks),
    says: 'Every network counts as trusted, so policies that ask for a trusted network ask for nothing.',
  },
  {
    setting: 'proxy.trusted',
    when: ({ proxy }) => wholeWorld(proxy.trusted ?? []),
    says: 'Anyone may ask as if they stood before your sites, and claim any address. Name your proxies only.',
  },
  {
    setting: 'proxy.certificate.from',
    when: ({ proxy }) => wholeWorld(proxy.certificate?.from ?? []),
    says: 'Anyone may claim any client certificate by a header, and be the process that it is of. Name your proxies only.',
  },
  {
    setting: 'cards.proxy.from',
    when: ({ cards }) => cards.enabled && wholeWorld(cards.proxy?.from ?? []),
    says: 'Anyone who reaches that port may claim any card by a header, and be whoever it is of. Name your proxies only.',
  },
  {
    setting: 'fetch.networks',
    when: ({ fetch }) => wholeWorld(fetch.networks),
    says: 'Whoever may say where a process publishes its keys can have this server call anything that it reaches. Name the networks of your issuers only.',
  },
  {
    setting: 'est.serverKeys',
    when: ({ est }) => est.enabled && est.serverKeys,
    says: 'Keys of devices are made here and sent over the network, so that a certificate no longer tells that its key never left the device. Turn this off once every device makes its own.',
  },
  {
    setting: 'acme.networks',
    when: ({ acme }) => acme.enabled && wholeWorld(acme.networks),
    says: 'Whoever may order a certificate can have this server call anything that it reaches. Name the networks of your hosts only.',
  },
  {
    setting: 'metrics.networks',
    when: ({ metrics }) => wholeWorld(metrics.networks),
    says: 'Anyone who reaches this server can read its metrics.',
  },
  {
    setting: 'policy.freshFor',
    when: ({ policy }) => policy.freshFor > 15 * MINUTE,
    says: 'A session that someone left open can change proofs and people for longer than a quarter of an hour.',
  },
  {
    setting: 'gate.idle',
    when: ({ gate }) => gate.idle > 8 * HOUR,
    says: 'A browser that was left open stays signed in for longer than a working day.',
  },
  {
    setting: 'gate.absolute',
    when: ({ gate }) => gate.absolute > 7 * DAY,
    says: 'A stolen session is good for longer than a week.',
  },
  {
    setting: 'gate.throttles.account.free',
    when: ({ gate }) => gate.throttles.account.free > 20,
    says: 'More than twenty guesses at one account cause no wait.',
  },
  {
    setting: 'gate.throttles.account.longest',
    when: ({ gate }) => gate.throttles.account.longest < MINUTE,
    says: 'Guessing at one account is slowed down to once a minute at no time.',
  },
  {
    setting: 'database',
    when: ({ database }) => typeof database === 'string' && isOpenToOthers(database),
    says: 'The connection to the database is not verified, so someone on the way could read and change it. Say sslmode=verify-full.',
  },
  {
    setting: 'log.level',
    when: ({ log }) => log.level === 'debug',
    says: 'The log tells who did what in detail. Go back to info when you have seen enough.',
  },
];

/** For tests that walk through all of them. Secrets that stand in the file itself come on top. */
export const announcedSettings: readonly string[] = ANNOUNCEMENTS.map(({ setting }) => setting);

/** As people are told at a start; where it is so by default, there is no place to name. */
export const warningText = ({ where, says }: ConfigWarning): string =>
  where === '' ? says : `${where}: ${says}`;

export function warnings(loaded: LoadedConfig): ConfigWarning[] {
  const where = (setting: string) => loaded.origin(setting.split('.')) ?? '';
  const announced = ANNOUNCEMENTS.filter(({ when }) => when(loaded.config)).map(
    ({ setting, says }) => ({ setting, where: where(setting), says: `${setting}: ${says}` }),
  );
  return [...announced, ...secretsInTheOpen(loaded)];
}

/** A secret that stands in the file itself: whoever may read or copy the file has it. */
function secretsInTheOpen({ given, origin, file }: LoadedConfig): ConfigWarning[] {
  if (file === undefined) return [];
  return listSettings()
    .filter(({ schema }) => schema.secret === true)
    .flatMap(({ path }) => {
      const value = valueAt(given, path.split('.'));
      const where = origin(path.split('.')) ?? '';
      if (
        typeof value !== 'string' ||
        !holdsSecret(path, value) ||
        where.startsWith('SALLYPORT_')
      ) {
        return [];
      }
      const says = `${path}: The secret stands in the file itself. Write {file: path} or {env: NAME} instead.`;
      return [{ setting: path, where, says }];
    });
}

function holdsSecret(path: string, value: string): boolean {
  if (path !== 'database') return true;
  return URL.canParse(value) && new URL(value).password !== '';
}
