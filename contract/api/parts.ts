/** The small parts that the API's bodies are made of. */
import { z } from 'zod';
import { problemCodes } from '../problems.ts';

/** A moment, as RFC 3339 writes it, in UTC. */
export const Time = z.iso.datetime().describe('A moment in UTC, such as 2026-01-05T09:00:00.000Z.');

/** An id in an answer; ids are ordered by the time of their making. */
export const Id = z.string().meta({ format: 'uuid' });

/** An id as it comes: one that is not of our form is no id of anything, and is answered as such. */
export const GivenId = z.string().min(1).max(64).meta({ format: 'uuid' });

export const byId = z.strictObject({ id: GivenId });

export const MOST_A_PAGE = 200;
export const USUAL_PAGE = 50;

/** What breaks a line, turns its direction around, or is half a character. */
const UNSEEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
const UNSEEN_IN_LINES = /(?![\t\n\r])[\p{Cc}\p{Cs}\p{Bidi_Control}]/u;

/** A text that people read, in one line or several: it must not be able to pass for another. */
export const line = (text: z.ZodString) =>
  text.refine((given) => !UNSEEN.test(given), { error: 'must have no control characters' });
export const lines = (text: z.ZodString) =>
  text.refine((given) => !UNSEEN_IN_LINES.test(given), {
    error: 'must have no control characters',
  });

/** Numbers in an address are texts; what they are meant as is told in `wire`, which the OpenAPI document shows. */
export function wholeNumber(least: number, most: number, usual?: number) {
  const error = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^(?:0|[1-9]\d{0,15})$/, { error })
    .transform(Number)
    .refine((given) => given >= least && given <= most, { error })
    .meta({
      wire: {
        type: 'integer',
        minimum: least,
        maximum: most,
        ...(usual === undefined ? {} : { default: usual }),
      },
    });
}

const Limit = wholeNumber(1, MOST_A_PAGE, USUAL_PAGE).describe('How many at most.');

const Cursor = z
  .string()
  .min(1)
  .max(1024)
  .describe('`next` of the page before. Good for the same list with the same filters.');

export const paging = { limit: Limit.optional(), cursor: Cursor.optional() };

export function pageOf<T extends z.ZodType>(item: T) {
  return z.strictObject({
    items: z.array(item),
    next: z
      .string()
      .nullable()
      .describe('The `cursor` of the next page; null on the last. A last page may be empty.'),
  });
}

/** What is said of a client: for recognising one’s own, and for nothing else. */
export const Place = z
  .strictObject({ address: z.string(), userAgent: z.string().nullable() })
  .nullable()
  .describe('Where it began; null when it can’t be read any more.');

/** An error (RFC 9457). Which members beside the first six there are depends on the code; docs/errors.md lists them. */
export const Problem = z
  .looseObject({
    type: z.string().describe('`urn:sallyport:problem:` and the code.'),
    code: z.enum(problemCodes as [string, ...string[]]), // There is at least one.
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().describe('The id of this request, as in logs and in the record.'),
  })
  .meta({ id: 'Problem', description: 'What went wrong (RFC 9457). See docs/errors.md.' });
export type Problem = z.infer<typeof Problem>;
