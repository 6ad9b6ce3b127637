/**
 * A host gets the next certificate for its key by itself. What it shows is the one that it has, and a signature over a nonce of ours
 * and that certificate, made with the host's own key (`ssh-keygen -Y sign`): certificates of hosts are public, the key is not.
 *
 *   place      a stranger's network may ask so often and no more
 *   what came  a nonce of ours that is not over, a certificate that can be read, a signature of its key over both
 *   once       the nonce, as soon as the signature was good
 *   who        the certificate is of this authority, the latest for that key, not revoked; its device is active and called as then
 *   when       from two thirds of its time on; before, there is nothing to do
 *   policy     `enrolCertificate`, as for any certificate of a device that it gets with the one before
 *   issue      for the same key, the same names and as long as before
 *
 * Only who holds the key learns anything; everybody else hears of one refusal.
 */
import { LONGEST } from '../../../authority/ssh/ca-keys.ts';
import { type HostRenewalRequest, readHostRenewal } from '../../../authority/ssh/host-renewal.ts';
import { type StandingHost, standingHost } from '../../../authority/ssh/host-standing.ts';
import type { SshAuthority } from '../../../authority/ssh/ssh-authority.ts';
import type { IssuedSsh } from '../../../authority/ssh/ssh-words.ts';
import { type Clock, MINUTE, SECOND } from '../../../kernel/clock.ts';
import type { DeviceId } from '../../../kernel/id.ts';
import type { Random } from '../../../kernel/random.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Counter } from '../../../record/counter.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Queries, Store, Tx } from '../../../store/store.ts';
import { writeOrUndo } from '../../../store/undo.ts';
import type { Device, Devices } from '../../../subjects/devices.ts';
import { type Arrival, byArrival } from '../../arrival.ts';
import { deviceClasses } from '../../device-classes.ts';
import type { Gate } from '../../gate.ts';
import type { GateDeps } from '../../gate-deps.ts';
import { noteFault } from '../../note-fault.ts';
import { createNonces } from '../../once/nonces.ts';
import { enrolmentRequest } from '../../policy-request.ts';
import { createSeldom } from '../../throttles/seldom.ts';
import { createTellOrCount } from '../../throttles/tell-or-count.ts';

export type HostRenewed = Result<
  { readonly state: 'issued'; readonly issued: IssuedSsh } | { readonly state: 'not-yet' },
  | { readonly reason: 'throttled'; readonly retryAt: number }
  | { readonly reason: 'malformed' | 'refused' | 'unavailable' }
>;

export interface SshHostRenewal {
  nonce(): string;
  /** What `cat asked asked.sig` gives: the nonce, the certificate, and the signature over these two lines. */
  renew(sent: string, arrival: Arrival): Promise<HostRenewed>;
}

interface Turned {
  readonly why: string;
  readonly host: string;
  readonly device?: DeviceId | undefined;
}

const NONCE_LIFE = 5 * MINUTE;
const MOST_POLICIES_SAID = 1;

export function createSshHostRenewal(deps: {
  readonly gate: Pick<Gate, 'placeFor'>;
  readonly store: Store;
  readonly devices: Pick<Devices, 'get' | 'seen'>;
  readonly ssh: SshAuthority;
  readonly policies: GateDeps['policies'];
  readonly record: Recorder;
  readonly counter: Pick<Counter, 'count'>;
  readonly clock: Clock;
  readonly random: Random;
  /** 32 bytes, the same on every node. */
  readonly key: Uint8Array;
  readonly report: (fault: unknown) => void;
}): SshHostRenewal {
  const { gate, store, devices, ssh, policies, clock } = deps;
  const nonces = createNonces(deps, { of: 'ssh host nonce', life: NONCE_LIFE });
  const tellOrCount = createTellOrCount(deps, createSeldom(clock, MINUTE));

  async function note({ why, host, device }: Turned, arrival: Arrival): Promise<void> {
    await tellOrCount(
      // Strangers may say any name of a host.
      `${why} ${device ?? ''} ${arrival.network}`,
      {
        type: 'ssh.certificate-refused',
        outcome: 'refused',
        ...byArrival(arrival),
        subject: device,
        data: { host, why },
      },
      {
        subject: device,
        door: arrival.door,
        action: 'enrolCertificate',
        resource: { kind: 'part', id: 'devices' },
      },
    );
  }

  async function judge(q: Queries, device: Device, arrival: Arrival) {
    const request = enrolmentRequest(device, arrival, true, clock.now());
    // The host's key is what it has and shows by signing.
    const shown = [{ class: deviceClasses.certificate, age: 0 }];
    return (await policies.current(q)).ladder(request, shown, []);
  }

  type Found = { readonly device: Device; readonly standing: StandingHost };

  async function holder(q: Queries, shown: HostRenewalRequest): Promise<Result<Found, Turned>> {
    const standing = await standingHost(q, { keys: ssh.keys, clock }, shown.certificate);
    if (!standing.ok) return failed({ why: standing.error, host: shown.host });
    const { deviceId, host } = standing.value;
    const device = await devices.get(q, deviceId as DeviceId); // The row says that it is a host's.
    if (device?.status !== 'active') return failed({ why: 'not-active', host, device: device?.id });
    if (device.name !== host) return failed({ why: 'other-names', host, device: device.id });
    return ok({ device, standing: standing.value });
  }

  /** Undefined before two thirds of its time are over. */
  async function issue(
    tx: Tx,
    shown: HostRenewalRequest,
    arrival: Arrival,
  ): Promise<Result<IssuedSsh | undefined, Turned>> {
    const found = await holder(tx, shown);
    if (!found.ok) return found;
    const { device, standing } = found.value;
    const { host, names, issuedAt, expiresAt, serial } = standing;
    const turned = (why: string) => failed({ why, host, device: device.id });
    // Revoked by itself, say. It is asked before anything else is said.
    const key = await ssh.readKey(tx, shown.key);
    if (!key.ok) return turned(key.error);
    if (clock.now() < issuedAt + ((expiresAt - issuedAt) * 2) / 3) return ok(undefined);
    const judged = await judge(tx, device, arrival);
    if (judged.state !== 'permitted') {
      const [by] = judged.policies.slice(0, MOST_POLICIES_SAID);
      return turned(by === undefined ? 'not-permitted' : `not-permitted (${by})`);
    }
    // Certificates end at a whole second: without this, each would be a little shorter than the one before.
    const seconds = Math.ceil((expiresAt - issuedAt) / SECOND);
    const lifetime = Math.min(seconds * SECOND, LONGEST.host);
    const wanted = { device, key: key.value, names, lifetime, replaces: serial };
    const issued = await ssh.issueHost(tx, wanted, byArrival(arrival));
    await devices.seen(tx, device.id, {
      door: arrival.door,
      at: clock.now(),
      how: 'certificate',
      address: arrival.address,
    });
    return ok(issued);
  }

  return {
    nonce: () => nonces.next(),

    async renew(sent, arrival) {
      const retryAt = gate.placeFor('enrolCertificate', arrival);
      if (retryAt !== undefined) return failed({ reason: 'throttled', retryAt });
      const shown = readHostRenewal(sent);
      if (shown === undefined) return failed({ reason: 'malformed' });
      const { nonce, host } = shown;
      const refuse = async (turned: Turned): Promise<HostRenewed> => {
        await note(turned, arrival);
        return failed({ reason: 'refused' });
      };
      try {
        if (!nonces.isOurs(nonce)) return await refuse({ why: 'nonce', host });
        const proven = shown.proves();
        if (proven !== 'good') return await refuse({ why: proven, host });
        await ssh.keys.ready();
        // Anybody makes a key and a certificate for it: a row is written for those alone that are of ours.
        const early = await store.read((q) => holder(q, shown));
        if (!early.ok) return await refuse(early.error);
        if (!(await nonces.spend(nonce))) {
          return await refuse({ why: 'replay', host, device: early.value.device.id });
        }
        const done = await writeOrUndo<IssuedSsh | undefined, Turned>(store, (tx) =>
          issue(tx, shown, arrival),
        );
        if (!done.ok) return await refuse(done.error);
        return done.value === undefined
          ? ok({ state: 'not-yet' })
          : ok({ state: 'issued', issued: done.value });
      } catch (fault) {
        await noteFault(deps, fault, arrival, 'enrolCertificate');
        return failed({ reason: 'unavailable' });
      }
    },
  };
}
