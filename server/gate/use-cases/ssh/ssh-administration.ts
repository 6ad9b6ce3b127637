/**
 * What administrators do about SSH: certificates of hosts, revoking, and the keys that sign. A certificate of a person is ended like
 * a session of theirs (`session.revoke`, judged about that person), one of a host is a proof of that device (`device.rotate`), and the
 * keys that sign are keys (`key.rotate`). A key that is revoked stays so: that of nobody known may be a host's, and is judged as such.
 */
import type { CaKey } from '../../../authority/ssh/ca-keys.ts';
import { LONGEST } from '../../../authority/ssh/ca-keys.ts';
import type { SshAuthority, SshHolder } from '../../../authority/ssh/ssh-authority.ts';
import { MOST_HOLDERS } from '../../../authority/ssh/ssh-table.ts';
import type {
  CertificateKind,
  IssuedSsh,
  KeyProblem,
  ListedSsh,
} from '../../../authority/ssh/ssh-words.ts';
import type { PersonId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { By } from '../../../record/record.ts';
import type { Queries, Tx } from '../../../store/store.ts';
import type { Devices } from '../../../subjects/devices.ts';
import type { People } from '../../../subjects/people.ts';
import type { Arrival } from '../../arrival.ts';
import type { Gate, Performed } from '../../gate.ts';
import type { Wish, WishesIn, WishOf } from '../../wish.ts';
import { DEVICES, KEYS, SESSIONS, wishAbout } from '../../wishes.ts';
import type { NotFound } from '../answered.ts';

export interface HostTerms {
  /** The device, by name or id. */
  readonly device: string;
  readonly publicKey: string;
  /** Names beside the device's own, as people type them. */
  readonly names: readonly string[];
  readonly lifetime: number;
}

export type HostError =
  | { readonly code: 'not-found' }
  | { readonly code: 'key-refused'; readonly why: KeyProblem };
export type RevokeKeyError = HostError;

/** With what its person signs in as, or the name of its host. */
export type NamedSsh = ListedSsh & { readonly subjectName: string | undefined };

export interface SshActs {
  list(q: Queries): Promise<readonly NamedSsh[]>;
  issueHost(tx: Tx, terms: HostTerms, by: By): Promise<Result<IssuedSsh, HostError>>;
  revoke(tx: Tx, serial: number, by: By): Promise<Result<void, NotFound>>;
  revokeKey(tx: Tx, publicKey: string, by: By): Promise<Result<void, RevokeKeyError>>;
  keys(q: Queries): Promise<readonly CaKey[]>;
  rotate(
    tx: Tx,
    kind: CertificateKind,
    at: 'overlap' | 'once',
    by: By,
  ): Promise<Result<{ readonly rotated: boolean; readonly keys: readonly CaKey[] }, never>>;
}

const MOST_LISTED = 1000;

/** Whoever may do it: the command line on the machine itself calls these. */
export function createSshActs(deps: {
  readonly ssh: SshAuthority;
  readonly devices: Pick<Devices, 'find'>;
  readonly people: Pick<People, 'get' | 'profile'>;
}): SshActs {
  const { ssh, devices, people } = deps;

  async function personName(q: Queries, id: PersonId): Promise<string | undefined> {
    const person = await people.get(q, id);
    return person && (await people.profile(q, person))?.identifier;
  }

  return {
    async list(q) {
      const listed = await ssh.list(q, MOST_LISTED);
      const names = new Map<string, string | undefined>();
      for (const { kind, subject } of listed) {
        if (kind !== 'user' || names.has(subject)) continue;
        names.set(subject, await personName(q, subject as PersonId)); // One of a user is of a person.
      }
      return listed.map((one) => ({
        ...one,
        subjectName: one.kind === 'user' ? names.get(one.subject) : one.host,
      }));
    },

    async issueHost(tx, { device: named, publicKey, names, lifetime }, by) {
      const device = await devices.find(tx, named);
      if (device?.status !== 'active') return failed({ code: 'not-found' });
      const key = await ssh.readKey(tx, publicKey);
      if (!key.ok) return failed({ code: 'key-refused', why: key.error });
      const kept = { device, key: key.value, names, lifetime: Math.min(lifetime, LONGEST.host) };
      return ok(await ssh.issueHost(tx, kept, by));
    },

    async revoke(tx, serial, by) {
      return (await ssh.revoke(tx, serial, by)) ? ok(undefined) : failed({ code: 'not-found' });
    },

    async revokeKey(tx, publicKey, by) {
      const key = await ssh.readKey(tx, publicKey, 'revoke');
      if (!key.ok) {
        // Those of the authorities are ended by rotating them.
        if (key.error !== 'key-revoked') return failed({ code: 'key-refused', why: key.error });
        return ok(undefined);
      }
      await ssh.revokeKey(tx, key.value, by);
      return ok(undefined);
    },

    keys: (q) => ssh.keys.list(q),

    async rotate(tx, kind, at, by) {
      const rotated = await ssh.keys.rotate(tx, kind, at, by);
      return ok({ rotated, keys: await ssh.keys.list(tx) });
    },
  };
}

export interface SshAdministration {
  list(token: string, arrival: Arrival): Promise<Performed<readonly NamedSsh[], never>>;
  issueHost(
    token: string,
    terms: HostTerms,
    arrival: Arrival,
  ): Promise<Performed<IssuedSsh, HostError>>;
  revoke(token: string, serial: number, arrival: Arrival): Promise<Performed<void, NotFound>>;
  revokeKey(
    token: string,
    publicKey: string,
    arrival: Arrival,
  ): Promise<Performed<void, RevokeKeyError>>;
  keys(token: string, arrival: Arrival): Promise<Performed<readonly CaKey[], never>>;
  rotate(
    token: string,
    kind: CertificateKind,
    at: 'overlap' | 'once',
    arrival: Arrival,
  ): Promise<Performed<{ readonly rotated: boolean; readonly keys: readonly CaKey[] }, never>>;
}

const LIST: Wish = { action: 'session.read', resource: SESSIONS };
const REVOKE: Wish = { action: 'session.revoke', resource: SESSIONS };
const HOST: Wish = { action: 'device.rotate', resource: DEVICES };
const READ_KEYS: Wish = { action: 'key.read', resource: KEYS };
const ROTATE: Wish = { action: 'key.rotate', resource: KEYS };

export function createSshAdministration(deps: {
  readonly gate: Gate;
  readonly people: People;
  readonly ssh: SshAuthority;
  readonly sshActs: SshActs;
}): SshAdministration {
  const { gate, people, ssh, sshActs } = deps;

  async function wishFor(q: Queries, holder: SshHolder): Promise<Wish> {
    return holder.kind === 'host' ? HOST : wishAbout(people, REVOKE.action, holder.id)(q);
  }

  const revoking =
    (serial: number): WishOf =>
    async (q) => {
      const holder = await ssh.holderOf(q, serial);
      return holder === undefined ? REVOKE : wishFor(q, holder);
    };

  /** It ends the log-ins of all who have it. */
  const revokingKey =
    (line: string): WishesIn =>
    async (q) => {
      const key = await ssh.readKey(q, line, 'revoke');
      // It is refused, or was revoked before.
      if (!key.ok) return REVOKE;
      const holders = await ssh.holdersOfKey(q, key.value);
      const [first, ...others] = holders;
      // Of so many nobody knows who else has it.
      const unknown = first === undefined || holders.length >= MOST_HOLDERS;
      if (unknown || holders.some(({ kind }) => kind === 'host')) return HOST;
      const wishes: [Wish, ...Wish[]] = [await wishFor(q, first)];
      for (const holder of others) wishes.push(await wishFor(q, holder));
      return wishes;
    };

  return {
    list: (token, arrival) => gate.read(token, LIST, arrival, sshActs.list),

    async issueHost(token, terms, arrival) {
      await ssh.keys.ready();
      return gate.perform(token, HOST, arrival, (tx, { by }) => sshActs.issueHost(tx, terms, by));
    },

    revoke: (token, serial, arrival) =>
      gate.perform(token, revoking(serial), arrival, (tx, { by }) =>
        sshActs.revoke(tx, serial, by),
      ),

    revokeKey: (token, publicKey, arrival) =>
      gate.perform(token, revokingKey(publicKey), arrival, (tx, { by }) =>
        sshActs.revokeKey(tx, publicKey, by),
      ),

    async keys(token, arrival) {
      await ssh.keys.ready();
      return gate.read(token, READ_KEYS, arrival, sshActs.keys);
    },

    rotate: (token, kind, at, arrival) =>
      gate.perform(token, ROTATE, arrival, (tx, { by }) => sshActs.rotate(tx, kind, at, by)),
  };
}
