/** What network devices report of those whom they let in. It is their word, and is kept as that. */
import type { Recorder } from '../../record/record.ts';
import type { Store } from '../../store/store.ts';
import type { People } from '../../subjects/people.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import type { NetworkSessions } from './network-sessions.ts';
import type { AccountingReport, NetworkClient } from './network-words.ts';

/** Of what a network device calls a session so much is kept, and finds it again. */
export const keptOf = (deviceSession: string) => deviceSession.slice(0, 128);

export type Accounting = (
  report: AccountingReport,
  client: NetworkClient,
  arrival: Arrival,
) => Promise<void>;

export function createAccounting({
  store,
  record,
  people,
  sessions,
}: {
  readonly store: Store;
  readonly record: Recorder;
  readonly people: People;
  readonly sessions: NetworkSessions;
}): Accounting {
  return async (report, client, arrival) => {
    const { kind, session: login, isPart = false, endsToo = [], name, command, station } = report;
    const { seconds, bytesIn, bytesOut, cause, service } = report;
    const deviceSession = keptOf(report.deviceSession);
    await store.write(async (tx) => {
      const known = login && (await sessions.at(tx, login, client.device));
      const named =
        known === undefined && name !== undefined
          ? await people.byLookup(tx, people.lookup(name))
          : undefined;
      const subject = known?.subject ?? named?.id;
      const by = byArrival(arrival);
      await record.append(tx, {
        type: 'network.accounted',
        outcome: 'done',
        ...by,
        subject,
        actor: client.device,
        personal: {
          ...by.personal,
          ...(subject !== undefined || name === undefined ? {} : { identifier: name }),
          ...(command === undefined ? {} : { command }),
          ...(station === undefined ? {} : { station }),
        },
        data: {
          client: client.device,
          kind,
          ...(known === undefined ? {} : { login: known.id }),
          ...(deviceSession === '' ? {} : { deviceSession }),
          ...(seconds === undefined ? {} : { seconds }),
          ...(bytesIn === undefined ? {} : { bytesIn }),
          ...(bytesOut === undefined ? {} : { bytesOut }),
          ...(cause === undefined ? {} : { cause: cause.slice(0, 128) }),
          ...(service === undefined ? {} : { service: service.slice(0, 128) }),
        },
      });
      if (isPart) return;
      for (const id of kind === 'stop' ? endsToo : []) {
        await sessions.end(tx, id, client.device, 'reported', arrival);
      }
      if (known === undefined) return;
      const { id, isOpen } = known;
      if (!isOpen) {
        const isThere = kind === 'start' || kind === 'interim';
        if (isThere) await sessions.comeBack(tx, known, client.device, deviceSession, arrival);
        return;
      }
      // By RADIUS somebody may be back under another name of their device's by the time that the end of before is told.
      const before = arrival.door === 'radius' ? known.deviceSession : undefined;
      if (kind === 'stop' && before !== undefined && before !== deviceSession) return;
      // A command of TACACS+ has a name of its own (RFC 8907 §8.3), and is no login.
      if (kind !== 'command' && deviceSession !== '') {
        await sessions.named(tx, id, client.device, deviceSession);
      }
      if (kind === 'stop') await sessions.end(tx, id, client.device, 'reported', arrival);
    });
  };
}
