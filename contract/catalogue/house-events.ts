/** What the house itself tells of: its life, its record, its policies and keys, and the decisions that it counts. */
import { z } from 'zod';
import { EventResource } from '../event-parts.ts';
import { asked, count, kind, text, time, word, words } from './event-kind.ts';

export const houseEvents = {
  'house.started': kind(
    ['lifecycle', 3],
    'informational',
    ['done'],
    z.strictObject({ version: word, node: word, database: z.enum(['sqlite', 'postgres']) }),
    'Sallyport {version} started on {node}.',
  ),
  'house.stopped': kind(
    ['lifecycle', 4],
    'informational',
    ['done', 'failed'],
    z.strictObject({ node: word }),
    'Sallyport stopped on {node}.',
  ),
  'config.changed': kind(
    ['lifecycle', 8],
    'low',
    ['done', 'refused'],
    z.strictObject({ settings: words }),
    'The settings {settings} changed.',
  ),
  'fault.refused': kind(
    ['lifecycle', 99],
    'high',
    ['refused'],
    z.strictObject({ code: word, action: word.optional(), detail: text.optional() }),
    'A fault ({code}) refused {subject} at {door}.',
  ),

  'record.log-started': kind(
    ['lifecycle', 3],
    'informational',
    ['done'],
    z.strictObject({
      origin: text,
      key: text,
      previous: z
        .strictObject({ origin: text, database: text.optional(), kept: text.optional() })
        .optional(),
    }),
    'The log {origin} began.',
  ),
  'record.checkpoint-refused': kind(
    ['finding', 1],
    'critical',
    ['refused'],
    z.strictObject({
      origin: text,
      signed: count,
      found: count,
      detail: text,
      kept: text.optional(),
    }),
    'No checkpoint was signed for {origin}: {signed} events were signed before, and {found} were found ({detail}).',
  ),
  'record.exported': kind(
    ['api', 2],
    'low',
    ['done'],
    z.strictObject({ origin: text, size: count, personal: z.boolean() }),
    '{actor} exported {size} events of {origin}.',
  ),
  'throttle.engaged': kind(
    ['finding', 1],
    'medium',
    ['refused'],
    z.strictObject({
      scope: z.enum(['account', 'source', 'spray']),
      failures: count,
      until: time,
    }),
    'Attempts are slowed down (by {scope}) after {failures} failures.',
  ),
  'access.granted': kind(
    ['api', 99],
    'informational',
    ['granted'],
    asked,
    '{actor} was let do {action} on {resource}.',
  ),
  'access.refused': kind(
    ['api', 99],
    'low',
    ['refused', 'challenged'],
    asked,
    '{actor} was not let do {action} on {resource}: {reason}.',
  ),
  'decision.counted': kind(
    ['api', 99],
    'informational',
    ['granted', 'refused'],
    z.strictObject({ action: word, resource: EventResource, minute: time, count }),
    '{subject} did the same again within a minute ({count}×): {action} on {resource}.',
  ),

  'policy.activated': kind(
    ['entity', 10],
    'medium',
    ['done'],
    z.strictObject({ version: word, previous: word.optional(), policies: count, sha256: word }),
    '{actor} activated the policy {version}.',
  ),
  'policy.refused': kind(
    ['entity', 10],
    'medium',
    ['refused'],
    z.strictObject({ version: word, errors: z.array(text).max(32) }),
    'A policy offered by {actor} was refused: {reason}.',
  ),
  'key.created': kind(
    ['entity', 1],
    'low',
    ['done'],
    z.strictObject({ purpose: word, version: count }),
    'A key for {purpose} was made (version {version}).',
  ),
  'key.rotated': kind(
    ['entity', 3],
    'medium',
    ['done', 'failed'],
    z.strictObject({ purpose: word, version: count, previous: count.optional() }),
    'The key for {purpose} was rotated to version {version}.',
  ),
  'key.destroyed': kind(
    ['entity', 4],
    'medium',
    ['done'],
    z.strictObject({ purpose: word, version: count }),
    'The key for {purpose}, version {version}, was destroyed.',
  ),
};
