/** What each setting allows by itself and two together do not. One rule an entry; each says what to do instead. */
import type { Config } from './sections.ts';

export interface Contradiction {
  /** The setting to change. */
  readonly path: readonly string[];
  readonly says: string;
}

type Rule = (config: Config) => Contradiction | undefined;

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/;

/** Whether a host is this computer, and nobody else’s way to it. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** A wait that outlasts what it is for: at its end the count is empty, and the next guesses are free again. */
function waitOutlastsItsReason(scope: 'account' | 'source' | 'spray'): Rule {
  return ({ gate }) => {
    const { longest, forget } = gate.throttles[scope];
    if (longest <= forget) return undefined;
    const at = `gate.throttles.${scope}`;
    return {
      path: ['gate', 'throttles', scope, 'longest'],
      says:
        `${at}.longest is longer than ${at}.forget, so the failures would be forgotten before the wait for them is over. ` +
        'Make the longest wait shorter, or forget later.',
    };
  };
}

const RULES: readonly Rule[] = [
  function plainOffThisMachine({ listen }) {
    if (listen.tls !== undefined || isLoopback(listen.host)) return undefined;
    return {
      path: ['listen', 'host'],
      says:
        `listen.host is ${listen.host}, which others can reach, and without TLS what they type could be read on the way. ` +
        'Give listen.tls a certificate and a key, or own: true for one of its own authority; or listen on localhost behind a proxy that speaks TLS and set listen.origin.',
    };
  },
  function plainOrigin({ listen }) {
    if (listen.origin === undefined || listen.origin.startsWith('https:')) return undefined;
    if (isLoopback(new URL(listen.origin).hostname)) return undefined;
    return {
      path: ['listen', 'origin'],
      says: `listen.origin is ${listen.origin}; browsers keep passkeys and safe cookies for https: addresses. Write https:// and see to TLS here or at the proxy.`,
    };
  },
  function workersOnOneWriter({ listen, database }) {
    if (listen.workers === 1 || database !== 'sqlite') return undefined;
    return {
      path: ['listen', 'workers'],
      says:
        `listen.workers is ${listen.workers}, and SQLite has one writer: a second server on the same file would only wait for the first. ` +
        'Leave it at 1, or name a PostgreSQL with database.',
    };
  },
  function originWithPath({ listen }) {
    if (listen.origin === undefined || new URL(listen.origin).origin === listen.origin)
      return undefined;
    return {
      path: ['listen', 'origin'],
      says: `listen.origin must be an address without a path. Did you mean ${new URL(listen.origin).origin}?`,
    };
  },
  function passkeysElsewhere({ listen, proofs }) {
    const { rpId } = proofs.webauthn;
    if (rpId === undefined) return undefined;
    const host = listen.origin === undefined ? listen.host : new URL(listen.origin).hostname;
    if (host === rpId || host.endsWith(`.${rpId}`)) return undefined;
    return {
      path: ['proofs', 'webauthn', 'rpId'],
      says: `proofs.webauthn.rpId is ${rpId}, but people come to ${host}. It must be that host or a domain above it, or no passkey works.`,
    };
  },
  function idleLongerThanAll({ gate }) {
    if (gate.idle <= gate.absolute) return undefined;
    return {
      path: ['gate', 'idle'],
      says: 'gate.idle is longer than gate.absolute, so it would never count. Make it shorter.',
    };
  },
  waitOutlastsItsReason('account'),
  waitOutlastsItsReason('source'),
  waitOutlastsItsReason('spray'),
  function moreFromOneThanFromAll({ gate }) {
    const { network, all } = gate.throttles.opening;
    if (network <= all) return undefined;
    return {
      path: ['gate', 'throttles', 'opening', 'network'],
      says:
        'gate.throttles.opening.network is more than gate.throttles.opening.all, so one network could keep out all others. ' +
        'Allow less from one, or more from all.',
    };
  },
  function passLongerThanLongest({ proofs }) {
    if (proofs.pass.lifetime <= proofs.pass.longest) return undefined;
    return {
      path: ['proofs', 'pass', 'lifetime'],
      says: 'proofs.pass.lifetime is longer than proofs.pass.longest. Make it shorter, or the longest longer.',
    };
  },
  function mailFromNobody({ mail }) {
    if (mail.host === undefined || mail.from !== undefined) return undefined;
    return {
      path: ['mail'],
      says: 'mail.from is missing: the address that our mail comes from, such as sallyport@example.com.',
    };
  },
  function mailUserWithoutPassword({ mail }) {
    if ((mail.user === undefined) === (mail.password === undefined)) return undefined;
    return {
      path: ['mail'],
      says: 'mail.user and mail.password belong together: give both, or neither.',
    };
  },
];

/**
 * `unclear` are settings that are wrong by themselves, and are as they are by default in `config`: a rule that looked at one of
 * them has found nothing out.
 */
export function contradictions(
  config: Config,
  unclear: readonly string[] = [],
): readonly Contradiction[] {
  return RULES.flatMap((rule) => {
    const read: string[] = [];
    const found = rule(unclear.length === 0 ? config : watched(config, '', read));
    const blind = unclear.some((setting) =>
      read.some((path) => path === setting || path.startsWith(`${setting}.`)),
    );
    return found === undefined || blind ? [] : [found];
  });
}

/** The same values, with a note of every setting that is looked at. */
function watched<T extends object>(section: T, path: string, read: string[]): T {
  return new Proxy(section, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof key === 'symbol') return value;
      const at = path === '' ? key : `${path}.${key}`;
      read.push(at);
      const group = typeof value === 'object' && value !== null && !Array.isArray(value);
      return group ? watched(value, at, read) : value;
    },
  });
}
