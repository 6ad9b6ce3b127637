/**
 * Orders and what they ask to be proven (RFC 8555 §7.1.3, §7.1.4, §7.4): names of hosts that the account's pass gave it, each proven
 * by http-01; or the device itself, proven by the attestation of its TPM. What an account may not have is not even asked about.
 *
 * State is rows, so any node goes on where another stopped. A row tells what happened; what that makes of an order is read from it
 * each time.
 */
import { HostName } from '@sallyport/contract/enrolment.ts';
import { base64url } from '../../../kernel/bytes.ts';
import { type Clock, HOUR } from '../../../kernel/clock.ts';
import type { Ids } from '../../../kernel/id.ts';
import { parseId } from '../../../kernel/id.ts';
import type { Random } from '../../../kernel/random.ts';
import { failed, ok } from '../../../kernel/result.ts';
import type { Queries, Store } from '../../../store/store.ts';
import { writeOrUndo } from '../../../store/undo.ts';
import type { Device, Devices } from '../../../subjects/devices.ts';
import type { Arrival } from '../../arrival.ts';
import type { Gate } from '../../gate.ts';
import type { Enrolling } from '../devices/enrol-words.ts';
import {
  type AuthorizationRow,
  authorizationById,
  authorizationsOf,
  deactivateAuthorization,
  insertAuthorization,
  insertOrder,
  type OrderRow,
  orderById,
  ordersOf,
} from './acme-table.ts';
import {
  type Account,
  type Acme,
  type AcmeProblem,
  type Authorization,
  type Identifier,
  missing,
  type Order,
  problem,
} from './acme-words.ts';

export interface AcmeOrders {
  create(account: Account, identifiers: readonly Identifier[], arrival: Arrival): Acme<Order>;
  order(account: Account, id: string): Acme<Order>;
  list(account: Account): Acme<readonly string[]>;
  authorization(account: Account, id: string): Acme<Authorization>;
  deactivate(account: Account, id: string): Acme<Authorization>;
}

/** An order that nobody proves anything for is no place to wait in. */
const PROVING = HOUR;
const MOST_IDENTIFIERS = 16;
const MOST_OPEN = 32;
const TOKEN = 32;

export function createAcmeOrders(deps: {
  readonly gate: Pick<Gate, 'placeFor'>;
  readonly store: Store;
  readonly devices: Pick<Devices, 'get'>;
  readonly enrolling: Pick<Enrolling, 'note'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
}): AcmeOrders {
  const { gate, store, devices, enrolling, clock, random, ids } = deps;

  /** Why an account may not have an identifier. */
  function refusal(account: Account, device: Device, { type, value }: Identifier) {
    const own =
      type === 'dns'
        ? account.names.includes(value)
        : [device.name, device.serial, device.id].includes(value);
    return own
      ? undefined
      : problem('rejectedIdentifier', `“${value}” is not this device’s to have.`);
  }

  function formProblem(identifiers: readonly Identifier[]): AcmeProblem | undefined {
    const [first, ...more] = identifiers;
    if (first === undefined) return problem('malformed', 'An order is for something.');
    if (identifiers.length > MOST_IDENTIFIERS) {
      return problem('rejectedIdentifier', `An order is for ${MOST_IDENTIFIERS} names at most.`);
    }
    if (first.type === 'permanent-identifier') {
      return more.length === 0
        ? undefined
        : problem('rejectedIdentifier', 'A device is ordered for alone, without names of hosts.');
    }
    const odd = identifiers.find(
      ({ type, value }) => type !== 'dns' || !HostName.safeParse(value).success,
    );
    return odd && problem('rejectedIdentifier', `“${odd.value}” is not the whole name of a host.`);
  }

  async function readOrder(q: Queries, row: OrderRow): Promise<Order> {
    const parts = await q.all(authorizationsOf, { order: row.id });
    return orderOf(row, parts, clock.now());
  }

  async function own<R extends OrderRow | AuthorizationRow>(
    account: Account,
    row: R | undefined,
  ): Promise<R | undefined> {
    return row?.account_id === account.id ? row : undefined;
  }

  return {
    async create(account, asked, arrival) {
      const retryAt = gate.placeFor('acme.order', arrival);
      if (retryAt !== undefined) {
        return failed({ ...problem('rateLimited', 'Too many requests from there.'), retryAt });
      }
      const identifiers = distinct(asked);
      const odd = formProblem(identifiers);
      if (odd !== undefined) return failed(odd);
      const now = clock.now();
      const id = ids.next<'acme-order'>();
      const parts = identifiers.map((identifier) => ({
        identifier,
        id: ids.next<'acme-authorization'>(),
        token: base64url(random.bytes(TOKEN)),
      }));
      const done = await writeOrUndo<Order, AcmeProblem>(store, async (tx) => {
        const device = await devices.get(tx, account.device);
        if (device === undefined) return failed(problem('unauthorized', 'The device is gone.'));
        for (const identifier of identifiers) {
          const no = refusal(account, device, identifier);
          if (no !== undefined) return failed(no);
        }
        if ((await tx.all(ordersOf, { account: account.id, now })).length >= MOST_OPEN) {
          const detail = 'Finish the orders that are open, or let them expire.';
          return failed({ ...problem('rateLimited', detail), retryAt: now + PROVING });
        }
        await tx.run(insertOrder, {
          id,
          account_id: account.id,
          identifiers: JSON.stringify(identifiers),
          created_at: now,
          expires_at: now + PROVING,
        });
        for (const part of parts) {
          const { type, value } = part.identifier;
          await tx.run(insertAuthorization, {
            id: part.id,
            order_id: id,
            account_id: account.id,
            identifier_type: type,
            identifier: value,
            challenge: type === 'dns' ? 'http-01' : 'device-attest-01',
            token: part.token,
            expires_at: now + PROVING,
          });
        }
        const row = await tx.one(orderById, { id });
        return row === undefined ? failed(missing('order')) : ok(await readOrder(tx, row));
      });
      if (!done.ok && done.error.code === 'rejectedIdentifier') {
        await enrolling.note(
          {
            shown: { with: 'account', account: account.id },
            device: account.device,
            because: 'not-permitted',
            why: 'foreign-name',
          },
          arrival,
        );
      }
      return done;
    },

    async order(account, text) {
      const id = parseId<'acme-order'>(text);
      const found = await store.read(async (q) => {
        const row = await own(account, id && (await q.one(orderById, { id })));
        return row && readOrder(q, row);
      });
      return found === undefined ? failed(missing('order')) : ok(found);
    },

    async list(account) {
      const rows = await store.read((q) =>
        q.all(ordersOf, { account: account.id, now: clock.now() }),
      );
      return ok(rows.map(({ id }) => id));
    },

    async authorization(account, text) {
      const id = parseId<'acme-authorization'>(text);
      const row = await store.read(async (q) =>
        own(account, id && (await q.one(authorizationById, { id }))),
      );
      return row === undefined
        ? failed(missing('authorization'))
        : ok(authorizationOf(row, clock.now()));
    },

    async deactivate(account, text) {
      const id = parseId<'acme-authorization'>(text);
      const row = await store.write(async (tx) => {
        const found = await own(account, id && (await tx.one(authorizationById, { id })));
        if (found === undefined) return undefined;
        await tx.run(deactivateAuthorization, { id: found.id });
        return tx.one(authorizationById, { id: found.id });
      });
      return row === undefined
        ? failed(missing('authorization'))
        : ok(authorizationOf(row, clock.now()));
    },
  };
}

function distinct(identifiers: readonly Identifier[]): Identifier[] {
  const seen = new Map<string, Identifier>();
  for (const { type, value: given } of identifiers) {
    // Names of hosts are the same in any case (RFC 4343); they are asked for in small letters (RFC 8555 §7.1.4).
    const value = type === 'dns' ? given.toLowerCase() : given;
    seen.set(`${type} ${value}`, { type, value });
  }
  return [...seen.values()];
}

export function orderOf(row: OrderRow, parts: readonly AuthorizationRow[], now: number): Order {
  const failure = row.problem === null ? undefined : (JSON.parse(row.problem) as AcmeProblem);
  const states = parts.map((part) => authorizationOf(part, now).status);
  const status = (): Order['status'] => {
    if (row.serial !== null) return 'valid';
    if (failure !== undefined || row.expires_at <= now || states.length === 0) return 'invalid';
    if (states.every((state) => state === 'valid')) return 'ready';
    return states.every((state) => state === 'valid' || state === 'pending')
      ? 'pending'
      : 'invalid';
  };
  return {
    id: row.id,
    status: status(),
    identifiers: JSON.parse(row.identifiers) as Identifier[], // Written from such.
    authorizations: parts.map(({ id }) => id),
    expiresAt: row.expires_at,
    problem: failure,
    serial: row.serial ?? undefined,
  };
}

export function authorizationOf(row: AuthorizationRow, now: number): Authorization {
  const { status } = row;
  const open = status === 'pending' || status === 'processing';
  const over = row.expires_at <= now && (open || status === 'valid');
  return {
    id: row.id,
    order: row.order_id,
    identifier: { type: row.identifier_type, value: row.identifier },
    status: over ? 'expired' : status === 'processing' ? 'pending' : status,
    expiresAt: row.expires_at,
    challenge: {
      type: row.challenge,
      token: row.token,
      status: status === 'deactivated' ? 'invalid' : status,
      validatedAt: row.validated_at ?? undefined,
      problem: row.problem === null ? undefined : (JSON.parse(row.problem) as AcmeProblem),
    },
  };
}
