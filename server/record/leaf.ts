/**
 * A leaf: the bytes of an event that are hashed into the tree. They are made once and never again, so the verifier needs no
 * rules of canonical form; still there is one form, so that two readers see one thing.
 *
 * The columns that the database searches by come first in the text, in a fixed order: that a row's columns say what its leaf
 * says is then a comparison of bytes. docs/record.md describes the form.
 */
import { Buffer } from 'node:buffer';
import type { Outcome, Reason } from '@sallyport/contract/event-parts.ts';
import type { RecordedEvent } from '@sallyport/contract/events.ts';
import { z } from 'zod';
import { fromUtf8 } from '../kernel/bytes.ts';
import { Fault } from '../kernel/fault.ts';
import { type Id, idTime } from '../kernel/id.ts';
import { quoted } from './canonical.ts';

export type EventId = Id<'event'>;

/** The entry bundles of tlog-tiles give an entry's length in 16 bits. */
const LONGEST = 0xffff;

/** A sealed part: whose key opens it, a subject's id or 'house', and the sealed bytes in base64url. */
export interface SealedPart {
  readonly of: string;
  readonly sealed: string;
}

/** What a row of record_event says of its leaf. */
export interface LeafHead {
  readonly id: EventId;
  readonly type: string;
  readonly outcome: string;
  readonly subject: string | null;
  readonly actor: string | null;
}

export interface LeafBody {
  readonly version: number;
  readonly door?: string | undefined;
  readonly session?: string | undefined;
  readonly attempt?: string | undefined;
  readonly request?: string | undefined;
  readonly reason?: Reason | undefined;
  /** Canonical JSON. */
  readonly data: string;
  /** What belongs to the subject, and what belongs to an actor who is someone else. */
  readonly personal?: SealedPart | undefined;
  readonly source?: SealedPart | undefined;
}

/** The start of a leaf: everything in it that stands in a column as well. */
function leafStart(head: LeafHead): string {
  // Ids, types and outcomes hold nothing that JSON escapes; what a damaged row holds instead makes another text.
  let text = `{"v":1,"id":"${head.id}","at":${idTime(head.id)},"type":"${head.type}","outcome":"${head.outcome}"`;
  if (head.subject !== null) text += `,"subject":"${head.subject}"`;
  if (head.actor !== null) text += `,"actor":"${head.actor}"`;
  return `${text},"version":`;
}

/** Whether a leaf says what the columns beside it say. Compared as bytes: nothing is parsed. */
export function leafSays(leaf: Uint8Array, head: LeafHead): boolean {
  const start = leafStart(head);
  const bytes = Buffer.from(leaf.buffer, leaf.byteOffset, leaf.byteLength);
  return bytes.toString('latin1', 0, start.length) === start;
}

export function writeLeaf(head: LeafHead, body: LeafBody): Uint8Array {
  let text = leafStart(head) + body.version;
  if (body.door !== undefined) text += `,"door":${quoted(body.door)}`;
  if (body.session !== undefined) text += `,"session":${quoted(body.session)}`;
  if (body.attempt !== undefined) text += `,"attempt":${quoted(body.attempt)}`;
  if (body.request !== undefined) text += `,"request":${quoted(body.request)}`;
  if (body.reason !== undefined) text += `,"reason":"${body.reason}"`;
  text += `,"data":${body.data}`;
  if (body.personal) text += `,"personal":${sealedPart(body.personal)}`;
  if (body.source) text += `,"source":${sealedPart(body.source)}`;
  // Bytes of Node's pool: a buffer of its own for each costs as much as writing it.
  const leaf = Buffer.from(`${text}}`);
  if (leaf.length > LONGEST) throw new Fault('record.event', `an event of ${leaf.length} bytes`);
  return leaf;
}

function sealedPart({ of, sealed }: SealedPart): string {
  return `{"of":"${of}","sealed":"${sealed}"}`;
}

const Part = z.object({ of: z.string(), sealed: z.string() });
const Leaf = z.object({
  v: z.literal(1),
  id: z.string(),
  at: z.int(),
  type: z.string(),
  outcome: z.string(),
  subject: z.string().optional(),
  actor: z.string().optional(),
  version: z.int(),
  door: z.string().optional(),
  session: z.string().optional(),
  attempt: z.string().optional(),
  request: z.string().optional(),
  reason: z.string().optional(),
  data: z.record(z.string(), z.unknown()),
  personal: Part.optional(),
  source: Part.optional(),
});

export interface ReadLeaf {
  readonly event: RecordedEvent;
  readonly sealed: readonly { readonly column: 'personal' | 'source'; readonly part: SealedPart }[];
}

/** Undefined for bytes that no writer of ours made. */
export function readLeaf(leaf: Uint8Array): ReadLeaf | undefined {
  let json: unknown;
  try {
    json = JSON.parse(fromUtf8(leaf));
  } catch {
    return undefined;
  }
  const parsed = Leaf.safeParse(json);
  if (!parsed.success) return undefined;
  const { v: _, personal, source, ...event } = parsed.data;
  const sealed: ReadLeaf['sealed'][number][] = [];
  if (personal) sealed.push({ column: 'personal', part: personal });
  if (source) sealed.push({ column: 'source', part: source });
  // An outcome that a newer Sallyport knows is kept as it is.
  return { event: event as RecordedEvent & { outcome: Outcome }, sealed };
}
