/** From an order that is ready to a certificate (RFC 8555 §7.4), and its fetching (§7.4.2). */
import type { Authority } from '../../../authority/x509/authority-words.ts';
import { issueErrorCodes } from '../../../authority/x509/authority-words.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { equal } from '../../../kernel/equal.ts';
import { parseId } from '../../../kernel/id.ts';
import { failed, ok } from '../../../kernel/result.ts';
import type { Store } from '../../../store/store.ts';
import { writeOrUndo } from '../../../store/undo.ts';
import type { Arrival } from '../../arrival.ts';
import type { Gate } from '../../gate.ts';
import { holdAlone } from '../../holding-table.ts';
import type { AskedCertificate, Enrolling, EnrolRefusal } from '../devices/enrol-words.ts';
import { orderOf } from './acme-orders.ts';
import {
  authorizationsOf,
  finishOrder,
  holdAccount,
  orderById,
  orderOfSerial,
} from './acme-table.ts';
import {
  type Account,
  type Acme,
  type AcmeProblem,
  missing,
  type Order,
  problem,
} from './acme-words.ts';
import type { StillVouched } from './still-vouched.ts';

export interface AskedByOrder extends AskedCertificate {
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
}

export interface AcmeCertificates {
  finalize(account: Account, order: string, asked: AskedByOrder, arrival: Arrival): Acme<Order>;
  /** The certificate, then the issuing CA's: DER. */
  chain(account: Account, serial: string): Acme<readonly Uint8Array[]>;
}

export function createAcmeCertificates(deps: {
  readonly gate: Pick<Gate, 'placeFor'>;
  readonly store: Store;
  readonly authority: Pick<Authority, 'get' | 'chain'>;
  readonly enrolling: Pick<Enrolling, 'issueIn' | 'note'>;
  readonly stillVouched: StillVouched;
  readonly clock: Clock;
}): AcmeCertificates {
  const { gate, store, authority, enrolling, stillVouched, clock } = deps;

  return {
    async finalize(account, text, asked, arrival) {
      const retryAt = gate.placeFor('acme.finalize', arrival);
      if (retryAt !== undefined) {
        return failed({ ...problem('rateLimited', 'Too many requests from there.'), retryAt });
      }
      const id = parseId<'acme-order'>(text);
      let refused: EnrolRefusal | undefined;
      let ended = false;
      let unvouched = false;
      const done = await writeOrUndo<Order, AcmeProblem>(store, async (tx) => {
        refused = undefined;
        ended = false;
        unvouched = false;
        // Before anything is read: a proof that this rests on may be ending just now.
        tx.put(holdAlone, { id: account.device });
        const row = id && (await tx.one(orderById, { id }));
        if (row?.account_id !== account.id) return failed(missing('order'));
        const parts = await tx.all(authorizationsOf, { order: row.id });
        const order = orderOf(row, parts, clock.now());
        // RFC 8555 §7.4: what is finished already is told as it is.
        if (order.status === 'valid') return ok(order);
        if (order.status !== 'ready') {
          return failed(problem('orderNotReady', `The order is ${order.status}.`));
        }
        const names = order.identifiers.flatMap(({ type, value }) =>
          type === 'dns' ? [value] : [],
        );
        if (!sameNames(names, asked.dns)) {
          return failed(problem('badCSR', 'The request is not for the names of the order.'));
        }
        const attested = parts.find(({ key }) => key !== null)?.key;
        if (attested != null && !equal(attested, asked.publicKey)) {
          return failed(problem('badCSR', 'The request is not for the key that was attested.'));
        }
        const vouched = await stillVouched(tx, account.device, parts);
        if (!vouched.ok) {
          unvouched = true;
          return failed(problem('unauthorized', vouched.error));
        }
        const hardwareBound = attested != null;
        // Its pass may have been withdrawn since the request was read: whoever did that relies on it.
        if ((await tx.run(holdAccount, { id: account.id })) !== 1) {
          ended = true;
          return failed(problem('unauthorized', 'This account was ended.'));
        }
        const issued = await enrolling.issueIn(
          tx,
          {
            device: account.device,
            profile: names.length > 0 ? 'server' : 'device',
            asked,
            names,
            with: { with: 'account', account: account.id, hardwareBound },
          },
          arrival,
        );
        if (!issued.ok) {
          refused = issued.error;
          return failed(toldOf(issued.error));
        }
        const { serial } = issued.value;
        // Of two at once one certificate is given out; the other was never made.
        if ((await tx.run(finishOrder, { id: row.id, serial, now: clock.now() })) !== 1) {
          return failed(problem('orderNotReady', 'The order is being finished.'));
        }
        return ok({ ...order, status: 'valid', serial });
      });
      if (unvouched) {
        const shown = { with: 'account', account: account.id } as const;
        await enrolling.note({ shown, device: account.device, because: 'revoked' }, arrival);
      }
      if (ended) {
        const shown = { with: 'account', account: account.id } as const;
        await enrolling.note({ shown, device: account.device, because: 'expired' }, arrival);
      }
      if (refused !== undefined) {
        await enrolling.note(
          {
            shown: { with: 'account', account: account.id },
            device: account.device,
            because: refused.reason === 'not-permitted' ? 'not-permitted' : 'not-valid',
            why: 'why' in refused ? refused.why : undefined,
          },
          arrival,
        );
      }
      return done;
    },

    async chain(account, serial) {
      const found = await store.read(async (q) => {
        const order = await q.one(orderOfSerial, { account: account.id, serial });
        return order && (await authority.get(q, serial));
      });
      if (found?.certificate === undefined) return failed(missing('certificate'));
      // The root is what whoever checks has already (RFC 8446 §4.4.2).
      const [issuing] = await authority.chain();
      return ok(issuing === undefined ? [found.certificate] : [found.certificate, issuing]);
    },
  };
}

/** RFC 8555 §7.4: exactly those of the order. */
function sameNames(ordered: readonly string[], asked: readonly string[]): boolean {
  const wanted = new Set(asked);
  return wanted.size === ordered.length && ordered.every((name) => wanted.has(name));
}

function toldOf(refused: EnrolRefusal): AcmeProblem {
  if (refused.reason === 'not-permitted') return problem('unauthorized', 'No policy permits this.');
  if (refused.reason !== 'request') return problem('serverInternal', 'That did not work here.');
  const { why, detail } = refused;
  const code = why === 'foreign-name' ? 'rejectedIdentifier' : 'badCSR';
  const more = detail === undefined ? '' : ` (${detail})`;
  return problem(code, `No certificate: ${issueErrorCodes[why]}${more}.`);
}
