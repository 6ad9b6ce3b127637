/**
 * A person asks for a certificate to log in at a host. The gate judges `logIn` on that host, as it does at any network device; the
 * policies that permit it say what the certificate is good for (policy/ssh-terms.ts).
 */

import { LONGEST } from '../../../authority/ssh/ca-keys.ts';
import type { SshAuthority } from '../../../authority/ssh/ssh-authority.ts';
import type { IssuedSsh, KeyProblem, UserTerms } from '../../../authority/ssh/ssh-words.ts';
import { MINUTE } from '../../../kernel/clock.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { ActivePolicies } from '../../../policy/active-policies.ts';
import { ownAccount, SELF, type SshTerms, sshTermsFor } from '../../../policy/ssh-terms.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Queries, Store, Tx } from '../../../store/store.ts';
import type { Devices } from '../../../subjects/devices.ts';
import type { People } from '../../../subjects/people.ts';
import type { Arrival } from '../../arrival.ts';
import { byArrival } from '../../arrival.ts';
import type { Gate, Performed } from '../../gate.ts';
import { networkResource } from '../../network/network-resource.ts';
import type { WishOf } from '../../wish.ts';
import { fromHere, inAllOf } from './ssh-sources.ts';

export interface SshAsked {
  /** The name or id of the host. */
  readonly host: string;
  /** An account on it; where there is one choice only, it need not be said. */
  readonly account: string | undefined;
  /** The line of a `.pub` file. */
  readonly publicKey: string;
}

export type SshLogInError =
  | { readonly code: 'not-found' }
  /** No policy that permits it offers this account; or several are offered and none was named. */
  | { readonly code: 'account-refused'; readonly accounts: readonly string[] }
  /** Policies that permit it contradict one another, in command or networks. */
  | { readonly code: 'terms-conflict' }
  | { readonly code: 'key-refused'; readonly why: KeyProblem };

export interface SshGranted {
  readonly issued: IssuedSsh;
  readonly host: string;
  readonly terms: UserTerms;
  /** Lines of keys that sign for hosts: who trusts them need believe no fingerprint. */
  readonly hostAuthorities: readonly string[];
}

export interface SshLogIn {
  logIn(
    token: string,
    asked: SshAsked,
    arrival: Arrival,
  ): Promise<Performed<SshGranted, SshLogInError>>;
}

export function createSshLogIn(deps: {
  readonly gate: Gate;
  readonly store: Store;
  readonly record: Recorder;
  readonly people: People;
  readonly devices: Pick<Devices, 'find'>;
  readonly policies: { current(q: Queries): Promise<Pick<ActivePolicies, 'sshTermsOf'>> };
  readonly ssh: SshAuthority;
  readonly hostAuthorities: () => readonly string[];
}): SshLogIn {
  const { gate, store, record, people, devices, policies, ssh, hostAuthorities } = deps;

  const hostOf = async (q: Queries, named: string) => {
    const device = await devices.find(q, named);
    return device?.status === 'active' ? device : undefined;
  };

  /** What the policies that let them in offer, with the person's own name in place of `self`. */
  async function offered(
    q: Queries,
    subject: Parameters<People['get']>[1],
    ids: readonly string[],
  ) {
    const all = (await policies.current(q)).sshTermsOf(ids);
    const person = await people.get(q, subject);
    const own = ownAccount(person && (await people.profile(q, person))?.identifier);
    const terms = all.map((one): SshTerms => {
      const accounts = one.accounts.flatMap((each) => (each === SELF ? (own ?? []) : each));
      return { ...one, accounts };
    });
    return { person, own, terms };
  }

  async function grant(
    tx: Tx,
    asked: SshAsked,
    doer: Parameters<Parameters<Gate['perform']>[3]>[1],
    address: string,
  ): Promise<Result<SshGranted, SshLogInError>> {
    const host = await hostOf(tx, asked.host);
    if (host === undefined) return failed({ code: 'not-found' });
    const { session, by } = doer;
    const { person, own, terms } = await offered(tx, session.subject, doer.policies);
    if (person === undefined) return failed({ code: 'not-found' });
    const accounts = [...new Set(terms.flatMap((one) => one.accounts))];
    const account = asked.account ?? (accounts.length === 1 ? accounts[0] : undefined);
    if (account === undefined || !accounts.includes(account)) {
      return failed({ code: 'account-refused', accounts });
    }
    const together = sshTermsFor(terms, account);
    const sources = together && inAllOf(together.sources.map((list) => fromHere(list, address)));
    if (together === undefined || sources === undefined) return failed({ code: 'terms-conflict' });
    const key = await ssh.readKey(tx, asked.publicKey);
    if (!key.ok) return failed({ code: 'key-refused', why: key.error });
    const granted: UserTerms = {
      account,
      lifetime: Math.min(together.minutes * MINUTE, LONGEST.user),
      sources,
      command: together.command,
      allow: together.allow,
    };
    const issued = await ssh.issueUser(
      tx,
      {
        person,
        session: session.id,
        host: host.name,
        key: key.value,
        terms: granted,
        said: {
          account: account === own ? SELF : account,
          sources: sources.map((source) => (source === address ? 'here' : source)),
        },
      },
      by,
    );
    return ok({ issued, host: host.name, terms: granted, hostAuthorities: hostAuthorities() });
  }

  return {
    async logIn(token, asked, arrival) {
      await ssh.keys.ready();
      const wish: WishOf = async (q) => {
        const host = await hostOf(q, asked.host);
        const resource = host
          ? networkResource(host)
          : ({ kind: 'network', id: asked.host, groups: [] } as const);
        return { action: 'logIn', resource };
      };
      let who: Parameters<People['get']>[1] | undefined;
      const done = await gate.perform(token, wish, arrival, (tx, doer) => {
        who = doer.session.subject;
        return grant(tx, asked, doer, arrival.address);
      });
      if (done.state === 'failed' && who !== undefined) {
        const why = done.error.code === 'key-refused' ? done.error.why : done.error.code;
        const by = byArrival(arrival);
        const typed = asked.account === undefined ? {} : { identifier: asked.account };
        await store.write((tx) =>
          record.append(tx, {
            type: 'ssh.certificate-refused',
            outcome: 'refused',
            ...by,
            subject: who,
            // The account may be their own name.
            personal: { ...by.personal, ...typed },
            data: { host: asked.host, why },
          }),
        );
      }
      return done;
    },
  };
}
