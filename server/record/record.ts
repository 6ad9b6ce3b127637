/**
 * The record: what happened, in an order that nobody can change unseen.
 *
 * An event goes this way:
 *
 *   append     in the transaction of the change that it tells of: validated, its personal fields sealed under the keys of
 *              those whom they tell of, written as a leaf (leaf.ts). If it can't be written, the change does not happen.
 *   sequencer  after the commit, on one node at a time: gives it the next index in an RFC 6962 tree, stores the tree as
 *              tlog-tiles and signs a checkpoint (sequencer.ts).
 *   verify     anyone, offline, with a checkpoint kept elsewhere (verify.ts); prove.ts and export.ts are for those who trust
 *              only their own tools.
 *
 * To record a new kind of thing, add its type to contract/event-catalogue.ts; nothing here changes.
 */
import { catalogue } from '@sallyport/contract/event-catalogue.ts';
import { type Personal, personalLimits } from '@sallyport/contract/event-parts.ts';
import type { EventType, SallyportEvent, SubjectRef } from '@sallyport/contract/events.ts';
import { base64url, utf8 } from '../kernel/bytes.ts';
import { Fault } from '../kernel/fault.ts';
import type { Ids, SubjectId } from '../kernel/id.ts';
import type { Tx } from '../store/store.ts';
import type { Box, Vault } from '../vault/vault.ts';
import { canonicalJson, type Json, wellFormed } from './canonical.ts';
import { insertEvent, insertPending } from './event-table.ts';
import { type EventId, type LeafHead, type SealedPart, writeLeaf } from './leaf.ts';
import { shapeOf } from './shape.ts';

export type { EventId } from './leaf.ts';

export interface Recorder {
  /**
   * Writes an event in the transaction of what it tells of. Throws when it can't be written, and the transaction must then
   * fail: nothing happens off the record.
   */
  append(tx: Tx, event: SallyportEvent): Promise<EventId>;
}

/**
 * Who did it and by which way: what every event of one request has in common, to be spread into it. `personal` holds where it
 * came from; an event with personal fields of its own merges them.
 */
export type By = Pick<
  SallyportEvent,
  'actor' | 'door' | 'session' | 'attempt' | 'request' | 'personal'
>;

export interface RecordDeps {
  readonly ids: Ids;
  readonly vault: Vault;
  readonly listeners?: readonly RecordListener[];
  /** Told first, of the bytes by which it is in the record. */
  readonly appended?: (id: EventId, leaf: Uint8Array) => void;
}

/** Told of each event once it is durable. */
export type RecordListener = (id: EventId, event: SallyportEvent) => void;

/** Who opens personal fields of nobody known. */
export const HOUSE = 'house';

export function createRecord({ ids, vault, listeners = [], appended }: RecordDeps): Recorder {
  const shapes = new Map<EventType, (data: unknown) => string | undefined>();

  /** The data of an event as text, of the shape that the catalogue has for it. */
  function written({ type, data = {} }: SallyportEvent): string {
    const { data: schema } = catalogue[type];
    let write = shapes.get(type);
    if (write === undefined) {
      write = shapeOf(schema);
      shapes.set(type, write);
    }
    const text = write(data);
    if (text !== undefined) return text;
    const read = schema.safeParse(data);
    // Every shape in the catalogue is of JSON values; canonicalJson refuses others. Broken Unicode is here, too, as words of strangers
    // are cut to what an event takes.
    if (read.success) return canonicalJson(wellFormed(read.data as Json));
    const cause = read.error;
    throw new Fault('record.event', `${type} was given data not of its shape`, { cause });
  }

  async function boxOf(tx: Tx, owner: SubjectRef | undefined): Promise<Box | undefined> {
    if (owner === undefined) return vault.system('record');
    // Both name the ids of people, devices and processes; the contract can't import the kernel's type.
    return vault.subject(tx, owner as string as SubjectId);
  }

  /** Undefined when there is nothing to seal, or its owner was erased: then it is not to be kept at all. */
  async function seal(
    tx: Tx,
    id: EventId,
    column: 'personal' | 'source',
    owner: SubjectRef | undefined,
    fields: Personal,
  ): Promise<SealedPart | undefined> {
    const text = canonicalJson(fields);
    if (text === '{}') return undefined;
    const box = await boxOf(tx, owner);
    if (box === undefined) return undefined;
    const sealed = box.seal({ table: 'record_event', column, row: id }, utf8(text));
    return { of: owner ?? HOUSE, sealed: base64url(sealed) };
  }

  /** Each of them, whatever becomes of the others. */
  function tellAll(id: EventId, event: SallyportEvent, leaf: Uint8Array): void {
    const failed: unknown[] = [];
    appended?.(id, leaf);
    for (const tell of listeners) {
      try {
        tell(id, event);
      } catch (cause) {
        failed.push(cause);
      }
    }
    if (failed.length > 0) throw failed[0];
  }

  return {
    async append(tx, event) {
      const { version } = catalogue[event.type];
      const data = written(event);
      const id = ids.next<'event'>();
      const { subject, actor } = event;
      const head: LeafHead = {
        id,
        type: event.type,
        outcome: event.outcome,
        subject: subject ?? null,
        actor: actor ?? null,
      };
      let personal: SealedPart | undefined;
      let source: SealedPart | undefined;
      if (event.personal !== undefined) {
        const all = withinLimits(event.personal);
        if (actor === undefined || actor === subject) {
          personal = await seal(tx, id, 'personal', subject, all);
        } else {
          const { address, userAgent, ...rest } = all;
          personal = await seal(tx, id, 'personal', subject, rest);
          source = await seal(tx, id, 'source', actor, { address, userAgent });
        }
      }
      const { door, session, attempt, request, reason } = event;
      const leaf = writeLeaf(head, {
        version,
        door,
        session,
        attempt,
        request,
        reason,
        data,
        personal,
        source,
      });
      tx.put(insertEvent, { ...head, leaf });
      tx.put(insertPending, { id });
      tx.afterCommit(() => tellAll(id, event, leaf));
      return id;
    },
  };
}

/** Strangers choose what they type and call themselves: no length and no broken Unicode of theirs may keep an event out. */
function withinLimits(personal: NonNullable<SallyportEvent['personal']>): Personal {
  const kept: { -readonly [K in keyof Personal]: Personal[K] } = {};
  for (const name of Object.keys(personal)) {
    if (!isPersonal(name)) throw new Fault('record.event', `no event has a personal "${name}"`);
    const value = personal[name];
    if (value !== undefined) kept[name] = value.slice(0, personalLimits[name]).toWellFormed();
  }
  return kept;
}

function isPersonal(name: string): name is keyof typeof personalLimits {
  return Object.hasOwn(personalLimits, name);
}
