/**
 * Accounts of ACME (RFC 8555 §7.3). Each is of one device, whose pass it was made with: external account binding is required
 * (§7.3.4), so no account is made by a stranger. It may ask for what that pass may, and ends with it.
 */
import type { Clock } from '../../../kernel/clock.ts';
import { sha256 } from '../../../kernel/digest.ts';
import { equal } from '../../../kernel/equal.ts';
import { hmacSha256 } from '../../../kernel/hmac.ts';
import type { Ids } from '../../../kernel/id.ts';
import { failed, ok } from '../../../kernel/result.ts';
import { readJwk } from '../../../proofs/jwk.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Queries, Store } from '../../../store/store.ts';
import { writeOrUndo } from '../../../store/undo.ts';
import { type Arrival, byArrival } from '../../arrival.ts';
import type { Enrolling } from '../devices/enrol-words.ts';
import type { EnrolmentPasses, PassShown } from '../devices/enrolment-passes.ts';
import { type AcmeSigned, accountOf } from './acme-signed.ts';
import { accountByThumbprint, changeAccountKey, endAccount, insertAccount } from './acme-table.ts';
import {
  type Account,
  type Acme,
  type AcmeProblem,
  type InnerRequest,
  problem,
  type SignedRequest,
} from './acme-words.ts';

/** What came with a new account, as the door read it. */
export interface NewAccount {
  readonly onlyReturnExisting: boolean;
  /** With the key that it binds (its payload), and the address that it is for. */
  readonly binding:
    | (InnerRequest & { readonly payload: unknown; readonly fits: boolean; readonly text: string })
    | undefined;
}

export interface KeyChange {
  readonly inner: InnerRequest;
  /** As its payload says: whether it is about this account, and which key it had. */
  readonly account: string;
  readonly oldKey: unknown;
}

export interface AcmeAccounts {
  create(
    request: SignedRequest,
    wanted: NewAccount,
    arrival: Arrival,
  ): Acme<{ readonly account: Account; readonly fresh: boolean }>;
  end(account: Account, arrival: Arrival): Acme<Account>;
  changeKey(account: Account, change: KeyChange, arrival: Arrival): Acme<Account>;
}

export function createAcmeAccounts(deps: {
  readonly store: Store;
  readonly signed: AcmeSigned;
  readonly passes: Pick<EnrolmentPasses, 'named' | 'use'>;
  readonly enrolling: Pick<Enrolling, 'note'>;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly ids: Ids;
}): AcmeAccounts {
  const { store, signed, passes, enrolling, record, clock, ids } = deps;
  const byThumbprint = (thumbprint: string) =>
    store.read((q) => q.one(accountByThumbprint, { thumbprint }));

  const notBound = problem('unauthorized', 'The binding is not good, or is not good any more.');

  async function turn(shown: Exclude<PassShown, { state: 'good' }>, arrival: Arrival) {
    await enrolling.note(
      {
        shown: { with: 'pass', ...(shown.pass === undefined ? {} : { pass: shown.pass }) },
        device: shown.device,
        because: shown.state,
      },
      arrival,
    );
    return failed(notBound);
  }

  /** RFC 8555 §7.3.4: HMAC-SHA-256 over the account's own key, for this address. */
  function boundBy(
    binding: NonNullable<NewAccount['binding']>,
    macKey: Uint8Array,
    thumbprint: string,
  ): boolean {
    const bound = readJwk(binding.payload);
    return (
      binding.alg === 'HS256' &&
      binding.fits &&
      bound.ok &&
      bound.value.thumbprint === thumbprint &&
      equal(hmacSha256(macKey)(binding.signed), binding.signature)
    );
  }

  /** The pass that a binding shows, if it is made by its key. */
  async function bound(
    q: Queries,
    binding: NonNullable<NewAccount['binding']>,
    thumbprint: string,
    arrival: Arrival,
  ): Promise<PassShown> {
    const { shown, macKey } = await passes.named(q, binding.kid ?? '', arrival.address);
    if (macKey !== undefined && boundBy(binding, macKey, thumbprint)) return shown;
    const named = shown.state === 'good';
    return {
      state: 'wrong',
      pass: named ? shown.pass.id : shown.pass,
      device: named ? shown.device.id : shown.device,
    };
  }

  const usedUp = ({ pass, device }: Extract<PassShown, { state: 'good' }>) =>
    ({ state: 'used', pass: pass.id, device: device.id }) as const;

  return {
    async create(request, { onlyReturnExisting, binding }, arrival) {
      const by = await signed.byKey(request, 'acme.account', arrival);
      if (!by.ok) return by;
      const { thumbprint, jwk } = by.value;
      const known = await byThumbprint(thumbprint);
      if (known !== undefined) {
        const account = accountOf(known);
        return account.status === 'valid'
          ? ok({ account, fresh: false })
          : failed(problem('unauthorized', 'The account of this key was ended.'));
      }
      if (onlyReturnExisting) {
        return failed(problem('accountDoesNotExist', 'There is no account with this key.'));
      }
      if (binding === undefined) {
        return failed(
          problem('externalAccountRequired', 'Make a pass: ./sallyport device pass NAME'),
        );
      }
      // Strangers are turned away before anything is written.
      const early = await store.read((q) => bound(q, binding, thumbprint, arrival));
      if (early.state !== 'good') return turn(early, arrival);
      const done = await writeOrUndo<
        { account: Account; fresh: boolean },
        Exclude<PassShown, { state: 'good' }>
      >(store, async (tx) => {
        const shown = await bound(tx, binding, thumbprint, arrival);
        if (shown.state !== 'good') return failed(shown);
        const { pass, device } = shown;
        if (!(await passes.use(tx, pass.id))) return failed(usedUp(shown));
        const id = ids.next<'acme-account'>();
        const row = {
          id,
          thumbprint,
          jwk: JSON.stringify(jwk),
          device_id: device.id,
          pass_id: pass.id,
          names: JSON.stringify(pass.names),
          networks: JSON.stringify(pass.networks),
          attestation: pass.attestationKey ?? '',
          eab: binding.text,
          created_at: clock.now(),
        };
        // Two at once with one key: the second finds the account of the first, and its use of the pass is undone.
        if ((await tx.run(insertAccount, row)) !== 1) return failed(usedUp(shown));
        await record.append(tx, {
          type: 'acme.account-created',
          outcome: 'done',
          ...byArrival(arrival),
          subject: device.id,
          data: { account: id, pass: pass.id, key: thumbprint },
        });
        return ok({ account: accountOf({ ...row, ended_at: null }), fresh: true });
      });
      return done.ok ? done : turn(done.error, arrival);
    },

    async end(account, arrival) {
      await store.write(async (tx) => {
        if ((await tx.run(endAccount, { id: account.id, now: clock.now() })) !== 1) return;
        await record.append(tx, {
          type: 'acme.account-ended',
          outcome: 'done',
          ...byArrival(arrival),
          subject: account.device,
          data: { account: account.id },
        });
      });
      return ok({ ...account, status: 'deactivated' as const });
    },

    async changeKey(account, { inner, account: named, oldKey }, arrival) {
      const key = signed.innerByKey(inner);
      if (!key.ok) return key;
      const old = readJwk(oldKey);
      // RFC 8555 §7.3.5, 7 to 9.
      if (named !== account.id || !old.ok || old.value.thumbprint !== account.thumbprint) {
        return failed(problem('malformed', 'The inner request is about another account or key.'));
      }
      const { thumbprint, jwk } = key.value;
      const changed = await writeOrUndo<void, AcmeProblem>(store, async (tx) => {
        const taken = (await tx.one(accountByThumbprint, { thumbprint })) !== undefined;
        const change = { id: account.id, from: account.thumbprint, to: thumbprint };
        if (
          taken ||
          (await tx.run(changeAccountKey, { ...change, jwk: JSON.stringify(jwk) })) !== 1
        ) {
          return failed(problem('malformed', 'That key is another account’s, or this one’s.'));
        }
        await record.append(tx, {
          type: 'acme.account-changed',
          outcome: 'done',
          ...byArrival(arrival),
          subject: account.device,
          data: { account: account.id, key: thumbprint },
        });
        return ok(undefined);
      });
      return changed.ok ? ok({ ...account, thumbprint }) : changed;
    },
  };
}

/** What a challenge wants to be answered with (RFC 8555 §8.1). */
export const keyAuthorization = (token: string, { thumbprint }: Pick<Account, 'thumbprint'>) =>
  `${token}.${thumbprint}`;

/** The same, as TLS and TPMs are shown it. */
export const keyAuthorizationHash = (token: string, account: Pick<Account, 'thumbprint'>) =>
  sha256(keyAuthorization(token, account));
