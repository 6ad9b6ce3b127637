/** What network devices report of those whom they let in. It is their word, and is kept as that. */
import type { Recorder } from '../../record/record.ts';
import type { Store } from '../../store/store.ts';
import type { People } from '../../subjects/people.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import type { NetworkSessions } from './network-sessions.ts';
import type { AccountingReport, NetworkClient } from './network-words.ts';

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
    const {
      kind,
      session: login,
      isPart = false,
      endsToo = [],
      deviceSession,
      name,
      command,
      station,
    } = report;
    const { seconds, bytesIn, bytesOut, cause, service } = report;
    await store.write(async (tx) => {
      const open = login && (await sessions.open(tx, login, client.device));
      const named =
        open === undefined && name !== undefined
          ? await people.byLookup(tx, people.lookup(name))
          : undefined;
      const subject = open?.subject ?? named?.id;
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
          ...(open === undefined ? {} : { login: open.id }),
          ...(deviceSession === '' ? {} : { deviceSession: deviceSession.slice(0, 128) }),
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
      if (open === undefined) return;
      if (kind === 'stop') await sessions.end(tx, open.id, client.device, 'reported', arrival);
      else if (deviceSession !== '') {
        await sessions.named(tx, open.id, client.device, deviceSession);
      }
    });
  };
}
