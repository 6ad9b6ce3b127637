/**
 * A device comes to a certificate of its own: the first by a pass that was made for it (enrolment-passes.ts), those that follow by
 * the one that it has. One request, one transaction:
 *
 *   place      a stranger's network may ask so often and no more
 *   who        the pass, or the certificate whose key was shown in the handshake: which device that is, and no other
 *   policy     whether that device may, from there, with that
 *   issue      by the authority: names and extensions by its profile, what the request says compared and never taken
 *   spend      the pass's use, if it was one; where another took the last, all of it is undone
 *   record     what was given, or the first refusal of a minute; those that follow are counted
 *
 * Doors show what came (EST, ACME) and tell the answer in the words of their protocol.
 */
import type { Reason } from '@sallyport/contract/event-parts.ts';
import type {
  Authority,
  GoodCertificate,
  Issued,
  JudgedReason,
} from '../../../authority/x509/authority-words.ts';
import { holdCertificate } from '../../../authority/x509/certificate-table.ts';
import { type Clock, MINUTE, SECOND } from '../../../kernel/clock.ts';
import type { DeviceId } from '../../../kernel/id.ts';
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
import { holdAlone } from '../../holding-table.ts';
import { noteFault } from '../../note-fault.ts';
import { enrolmentRequest } from '../../policy-request.ts';
import { createSeldom } from '../../throttles/seldom.ts';
import { createTellOrCount } from '../../throttles/tell-or-count.ts';
import type {
  AskedCertificate,
  Enrolled,
  Enrolling,
  EnrolRefusal,
  MadeKey,
  NotedRefusal,
  Shown,
} from './enrol-words.ts';
import type { EnrolmentPasses, PassShown } from './enrolment-passes.ts';

export interface EnrolDeps {
  readonly gate: Pick<Gate, 'placeFor'>;
  readonly store: Store;
  readonly devices: Pick<Devices, 'get' | 'seen'>;
  readonly passes: Pick<EnrolmentPasses, 'shown' | 'use'>;
  readonly authority: Pick<Authority, 'issue' | 'renew' | 'judge' | 'noteShown'>;
  readonly policies: GateDeps['policies'];
  readonly record: Recorder;
  readonly counter: Pick<Counter, 'count'>;
  readonly clock: Clock;
  readonly report: (fault: unknown) => void;
}

type GoodPass = Extract<PassShown, { state: 'good' }>;

interface Holder {
  readonly device: Device;
  readonly certificate: GoodCertificate;
  readonly dns: readonly string[];
}

/** Of which a refusal is told in the words of the record. */
interface Turned extends NotedRefusal {
  readonly answer: EnrolRefusal;
}

const BECAUSE: Readonly<Partial<Record<JudgedReason, Reason>>> = {
  malformed: 'malformed',
  expired: 'expired',
  'unknown-authority': 'wrong',
};
const MOST_POLICIES = 64;
/** For which those are told to wait who want a key while others get theirs. */
const BUSY_FOR = 2 * SECOND;
/** RFC 5280 A.1, ub-common-name. */
const LONGEST_COMMON_NAME = 64;

export function createEnrolling(deps: EnrolDeps): Enrolling {
  const { gate, store, devices, passes, authority, policies, record, clock } = deps;
  const tellOrCount = createTellOrCount(deps, createSeldom(clock, MINUTE));

  async function note(noted: NotedRefusal, arrival: Arrival): Promise<void> {
    const { shown, device, because, why } = noted;
    const key = `${because} ${why} ${device ?? shown.pass ?? shown.serial} ${arrival.network}`;
    await tellOrCount(
      key,
      {
        type: 'device.enrolment-refused',
        outcome: 'refused',
        ...byArrival(arrival),
        subject: device,
        reason: because,
        data: {
          with: shown.with,
          ...(why === undefined ? {} : { why }),
          ...(shown.pass === undefined ? {} : { pass: shown.pass }),
          ...(shown.account === undefined ? {} : { account: shown.account }),
          ...(shown.serial === undefined ? {} : { serial: shown.serial }),
          ...(noted.policies === undefined
            ? {}
            : { policies: noted.policies.slice(0, MOST_POLICIES) }),
        },
      },
      {
        subject: device,
        door: arrival.door,
        action: 'enrolCertificate',
        resource: { kind: 'part', id: 'devices' },
      },
    );
  }

  async function judge(q: Queries, device: Device, shown: Shown, arrival: Arrival) {
    const request = enrolmentRequest(device, arrival, shown.with !== 'pass', clock.now());
    const kind = shown.with === 'certificate' ? deviceClasses.certificate : deviceClasses.pass;
    const proof = { ...kind, hardwareBound: shown.hardwareBound === true };
    return (await policies.current(q)).ladder(request, [{ class: proof, age: 0 }], []);
  }

  /** Judges, and lets `make` issue. */
  async function give(
    tx: Tx,
    device: Device,
    shown: Shown,
    arrival: Arrival,
    make: () => ReturnType<Authority['issue']>,
    replaces?: string,
  ): Promise<Result<Issued, Turned>> {
    tx.put(holdAlone, { id: device.id });
    if ((await devices.get(tx, device.id))?.status !== 'active') {
      const answer = { reason: 'not-permitted' } as const;
      return failed({ answer, shown, device: device.id, because: 'disabled' });
    }
    const judged = await judge(tx, device, shown, arrival);
    const { policies } = judged;
    if (judged.state !== 'permitted') {
      const answer = { reason: 'not-permitted' } as const;
      return failed({ answer, shown, device: device.id, because: 'not-permitted', policies });
    }
    const issued = await make();
    if (!issued.ok) {
      const { code: why, detail } = issued.error;
      const answer = { reason: 'request', why, detail } as const;
      return failed({ answer, shown, device: device.id, because: 'not-valid', why });
    }
    await devices.seen(tx, device.id, {
      door: arrival.door,
      at: clock.now(),
      how: shown.with,
      address: arrival.address,
    });
    await record.append(tx, {
      type: 'device.enrolled',
      outcome: 'done',
      ...byArrival(arrival),
      subject: device.id,
      data: {
        serial: issued.value.serial,
        with: shown.with,
        ...(shown.pass === undefined ? {} : { pass: shown.pass }),
        ...(shown.account === undefined ? {} : { account: shown.account }),
        ...(replaces === undefined ? {} : { replaces }),
        policies: policies.slice(0, MOST_POLICIES),
      },
    });
    return ok(issued.value);
  }

  const certified = ({ id, name }: Device) => ({ kind: 'device', id, name }) as const;
  const among = (names: readonly string[], { dns }: AskedCertificate) =>
    names.filter((name) => dns.includes(name));

  /** `who` is found out twice: first without a transaction that writes, so that strangers keep nobody waiting. */
  async function settle<W>(
    arrival: Arrival,
    { makeKey }: Pick<AskedCertificate, 'makeKey'>,
    who: (q: Queries) => Promise<Result<W, Turned>>,
    work: (tx: Tx, who: W, made: MadeKey | undefined) => Promise<Result<Issued, Turned>>,
    hold?: (tx: Tx, who: W) => void,
  ): Promise<Enrolled> {
    try {
      const early = await store.read(who);
      const made = early.ok ? await makeKey?.() : undefined;
      const done = !early.ok
        ? early
        : await writeOrUndo<Issued, Turned>(store, async (tx) => {
            hold?.(tx, early.value);
            const found = await who(tx);
            return found.ok ? work(tx, found.value, made) : found;
          });
      if (done.ok) return done;
      await note(done.error, arrival);
      return failed(done.error.answer);
    } catch (fault) {
      await noteFault(deps, fault, arrival, 'enrolCertificate');
      return failed({ reason: 'unavailable' });
    }
  }

  function place(arrival: Arrival): EnrolRefusal | undefined {
    const retryAt = gate.placeFor('enrolCertificate', arrival);
    return retryAt === undefined ? undefined : { reason: 'throttled', retryAt };
  }

  async function passHolder(
    q: Queries,
    secret: string,
    arrival: Arrival,
  ): Promise<Result<GoodPass, Turned>> {
    const found = await passes.shown(q, secret, arrival.address);
    if (found.state === 'good') return ok(found);
    const shown: Shown = {
      with: 'pass',
      ...(found.pass === undefined ? {} : { pass: found.pass }),
    };
    const answer = { reason: 'wrong' } as const;
    return failed({ answer, shown, device: found.device, because: found.state });
  }

  /** Whose certificate it is. */
  async function holder(q: Queries, der: Uint8Array) {
    const judged = await authority.judge(q, [der], 'client');
    const turned = (
      why: JudgedReason | 'not-a-device' | 'not-active',
      because: Reason,
      device?: DeviceId,
      serial?: string,
    ): Result<never, Turned> =>
      failed({
        answer: { reason: 'certificate', why },
        shown: { with: 'certificate', ...(serial === undefined ? {} : { serial }) },
        device,
        because,
        why,
      });
    if (!judged.ok) {
      // One of ours that is good no more still says whose it is.
      const { own, reason } = judged;
      const whose = own?.subject.kind === 'device' ? (own.subject.id as DeviceId) : undefined; // As its kind says.
      return turned(reason, BECAUSE[reason] ?? 'not-valid', whose, own?.serial);
    }
    const { subject, serial, issuer, sans, profile } = judged;
    // One that it got to give orders to controllers, say, is not what it gets others with.
    if (issuer !== 'own' || subject?.kind !== 'device' || profile !== 'device') {
      return turned('not-a-device', 'wrong');
    }
    const device = await devices.get(q, subject.id as DeviceId); // The row of the certificate says that it is one.
    if (device?.status !== 'active') return turned('not-active', 'disabled', device?.id, serial);
    return ok({ device, certificate: judged, dns: sans.dns });
  }

  /** By a request, with those of its names that are asked for. */
  async function issue(
    tx: Tx,
    device: Device,
    shown: Shown,
    arrival: Arrival,
    asked: AskedCertificate,
    names: readonly string[],
    made: MadeKey | undefined = undefined,
    { profile, subject }: Pick<Parameters<Authority['issue']>[1], 'profile' | 'subject'> = {
      profile: 'device',
      subject: certified(device),
    },
  ): Promise<Result<Issued, Turned>> {
    if (asked.makeKey !== undefined && made === undefined) {
      const answer = { reason: 'throttled', retryAt: clock.now() + BUSY_FOR } as const;
      return failed({ answer, shown, device: device.id, because: 'busy' });
    }
    const publicKey = made?.publicKey;
    const { csr } = asked;
    const wanted = { profile, subject, csr, publicKey, names: { dns: among(names, asked) } };
    const by = byArrival(arrival);
    const given = await give(tx, device, shown, arrival, () => authority.issue(tx, wanted, by));
    if (given.ok && made !== undefined) {
      await record.append(tx, {
        type: 'device.key-made',
        outcome: 'done',
        ...by,
        subject: device.id,
        data: { serial: given.value.serial, key: made.kind },
      });
    }
    return given;
  }

  return {
    note,

    async withPass(secret, asked, arrival) {
      const full = place(arrival);
      if (full !== undefined) return failed(full);
      const who = (q: Queries) => passHolder(q, secret, arrival);
      return settle(arrival, asked, who, async (tx, { pass, device }, made) => {
        const shown: Shown = { with: 'pass', pass: pass.id };
        const issued = await issue(tx, device, shown, arrival, asked, pass.names, made);
        if (!issued.ok || (await passes.use(tx, pass.id))) return issued;
        const answer = { reason: 'wrong' } as const;
        return failed({ answer, shown, device: device.id, because: 'used' });
      });
    },

    async withCertificate(der, asked, renew, arrival) {
      const full = place(arrival);
      if (full !== undefined) return failed(full);
      const who = (q: Queries) => holder(q, der);
      // Whoever revokes it just now does so before another is given for it, or after.
      const holding = (tx: Tx, { device, certificate: { serial } }: Holder) => {
        tx.put(holdAlone, { id: device.id });
        tx.put(holdCertificate, { serial });
      };
      return settle(
        arrival,
        asked,
        who,
        async (tx, { device, certificate, dns }, made) => {
          const { serial } = certificate;
          const shown: Shown = { with: 'certificate', serial };
          const { csr } = asked;
          const given = renew
            ? await give(
                tx,
                device,
                shown,
                arrival,
                () => authority.renew(tx, serial, { csr }, byArrival(arrival)),
                serial,
              )
            : await issue(tx, device, shown, arrival, asked, dns, made);
          if (given.ok) authority.noteShown(tx, certificate, arrival.door);
          return given;
        },
        holding,
      );
    },

    async noteKeyRefused(brought, arrival) {
      const full = place(arrival);
      if (full !== undefined) return full;
      try {
        const who = await store.read<Result<{ device: Device; shown: Shown }, Turned>>(
          async (q) => {
            if (brought.by === 'pass') {
              const found = await passHolder(q, brought.secret, arrival);
              if (!found.ok) return found;
              const { device, pass } = found.value;
              return ok({ device, shown: { with: 'pass', pass: pass.id } });
            }
            const found = await holder(q, brought.der);
            if (!found.ok) return found;
            const { device, certificate } = found.value;
            return ok({ device, shown: { with: 'certificate', serial: certificate.serial } });
          },
        );
        if (!who.ok) {
          await note(who.error, arrival);
          return who.error.answer;
        }
        const { device, shown } = who.value;
        const noted = { shown, device: device.id, because: 'not-permitted' } as const;
        await note({ ...noted, why: 'no-server-keys' }, arrival);
        return undefined;
      } catch (fault) {
        await noteFault(deps, fault, arrival, 'enrolCertificate');
        return { reason: 'unavailable' };
      }
    },

    async issueIn(tx, { device: id, profile, asked, names, with: shown }, arrival) {
      const device = await devices.get(tx, id);
      if (device === undefined) return failed({ reason: 'not-permitted' });
      // Clients take the common name of a server for one of its hosts' names when they renew it.
      const name = names.find((each) => each.length <= LONGEST_COMMON_NAME) ?? device.name;
      const subject = { ...certified(device), ...(profile === 'server' ? { name } : {}) };
      const issued = await issue(tx, device, shown, arrival, asked, names, undefined, {
        profile,
        subject,
      });
      return issued.ok ? issued : failed(issued.error.answer);
    },
  };
}
