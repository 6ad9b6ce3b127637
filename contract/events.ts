/**
 * What an event is: what happened, to whom, by whom, through which door, and how it ended.
 *
 * The types come from the catalogue (event-catalogue.ts): an event that the catalogue does not know does not compile, and one
 * whose data is not of its type's shape is refused when it is appended. docs/events.md is generated from the same table.
 */
import type { z } from 'zod';
import { catalogue } from './event-catalogue.ts';
import { type Outcome, type Personal, type Reason, reasons } from './event-parts.ts';

export type Catalogue = typeof catalogue;
export type EventType = keyof Catalogue;
export type EventData<T extends EventType> = z.input<Catalogue[T]['data']>;

/** A subject's id: the kernel's PersonId, DeviceId and ProcessId all are one. */
export type SubjectRef = string & { readonly __kind: 'person' | 'device' | 'process' };

interface EventFrame {
  /** Whom it is about. */
  readonly subject?: SubjectRef | undefined;
  /** Who did it, when that is someone else than the subject. */
  readonly actor?: SubjectRef | undefined;
  readonly door?: string | undefined;
  readonly session?: string | undefined;
  readonly attempt?: string | undefined;
  readonly request?: string | undefined;
  readonly reason?: Reason | undefined;
  /** Sealed before it is stored. */
  readonly personal?: { readonly [K in keyof Personal]?: Personal[K] | undefined } | undefined;
}

/** Data may be left out by types that have none. */
type DataOf<T extends EventType> =
  Record<string, never> extends EventData<T>
    ? { readonly data?: EventData<T> }
    : { readonly data: EventData<T> };

export type EventOf<T extends EventType> = EventFrame &
  DataOf<T> & { readonly type: T; readonly outcome: Catalogue[T]['outcomes'][number] };

export type SallyportEvent = { [T in EventType]: EventOf<T> }[EventType];

export const eventTypes = Object.keys(catalogue) as EventType[];

export function isEventType(text: string): text is EventType {
  return Object.hasOwn(catalogue, text);
}

/** An event as it stands in the record. A type that a newer Sallyport wrote is still readable, as text. */
export interface RecordedEvent {
  readonly id: string;
  readonly at: number;
  readonly type: string;
  readonly version: number;
  readonly outcome: Outcome;
  readonly subject?: string;
  readonly actor?: string;
  readonly door?: string;
  readonly session?: string;
  readonly attempt?: string;
  readonly request?: string;
  readonly reason?: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Opened personal fields; absent when the reader may not see them, or there were none. */
  readonly personal?: Personal;
  /** Whether personal fields were there whose key is destroyed. */
  readonly erased?: true;
  /** Whether something in it can't be read, though its key is there. */
  readonly damaged?: true;
}

/**
 * The event as a sentence. `name` gives a subject's name for its id; what is not known is said plainly.
 */
export function eventSentence(event: RecordedEvent, name: (id: string) => string = (id) => id) {
  if (!isEventType(event.type)) return `${event.type} (${event.outcome}).`;
  const subject = event.subject === undefined ? 'someone unknown' : name(event.subject);
  const known: Record<string, string> = {
    subject,
    actor: event.actor === undefined ? actorless(event, subject) : name(event.actor),
    door: event.door === undefined ? 'no door' : `the ${event.door} door`,
    session: event.session ?? 'no session',
    reason: reasonWords(event.reason),
    // Where it was named, and is none of ours, or where nothing was named.
    resource: 'something unknown',
  };
  const { actor, door } = event;
  const byThemselves = actor === undefined ? door !== 'cli' : actor === event.subject;
  const finished = event.type === 'person.enabled' && byThemselves;
  const whole = finished ? FINISHED : catalogue[event.type].sentence;
  const { scopes, function: called } = event.data;
  // What has no scopes is not good for nothing.
  const template =
    isEmpty(scopes) && typeof called !== 'string' ? whole.replace(FOR_SCOPES, '') : whole;
  const sentence = template.replace(/\{(\w+)\}/g, (_, key: string) => {
    if (!Object.hasOwn(event.data, key)) return known[key] ?? 'nothing';
    const value = event.data[key];
    if (key === 'answer' && typeof value === 'string') return ANSWERS[value] ?? value;
    // A site has no scopes: what is done there is what its rule calls it.
    if (key === 'action' && typeof value === 'string') return inWords(value);
    if (key === 'scopes' && typeof called === 'string' && isEmpty(value)) return called;
    // The network device that was asked at, and the application that people let act for them, stand there by their ids.
    const byId = (key === 'client' || key === 'app') && typeof value === 'string';
    return byId ? name(value) : plain(value, name);
  });
  // A name is written as it is given, at the beginning, too.
  const names = [event.subject, event.actor].flatMap((id) => (id === undefined ? [] : name(id)));
  if (names.some((one) => sentence.startsWith(one))) return sentence;
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** What a network device said to what it was told (`login.told`). */
const ANSWERS: Readonly<Record<string, string>> = {
  done: 'it did',
  refused: 'it refused',
  unanswered: 'it did not answer',
  'not-told': 'nobody could ask it',
};

const FOR_SCOPES = /, (?:good )?for \{scopes\}/;

/** `readSelf` as people would write it. */
const inWords = (action: string) =>
  action.replace(/[a-z](?=[A-Z])/g, '$& ').replace(/ [A-Z]/g, (start) => start.toLowerCase());

/** Nobody enables themselves but by setting up their first proofs. */
const FINISHED = '{subject} finished setting up.';

/** Who did what nobody is named for: whoever runs the machine, the subject, or the house itself. */
function actorless({ door, subject: id }: RecordedEvent, subject: string): string {
  if (door === 'cli') return 'the command line';
  return id === undefined ? 'Sallyport' : subject;
}

function reasonWords(code: string | undefined): string {
  if (code === undefined) return 'no reason was given';
  return Object.hasOwn(reasons, code) ? reasons[code as Reason] : code; // Checked just before.
}

/** Kinds of resources that have names beside their ids. */
const NAMED = ['application', 'api', 'site'] as const;

const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0;

function plain(value: unknown, name: (id: string) => string): string {
  if (Array.isArray(value)) {
    return value.length === 0 ? 'nothing' : value.map((one) => plain(one, name)).join(', ');
  }
  if (typeof value !== 'object' || value === null) return String(value);
  // A proof is told by its kind, a resource by its name, if it is known.
  const { kind, id } = value as { kind?: unknown; id?: unknown };
  if (typeof id === 'string' && NAMED.some((one) => one === kind)) return name(id);
  return String(id ?? kind ?? JSON.stringify(value));
}
