/** What policies tell a network device of whom they let in: `@reply("vlan=30 privilege=15")`. */
import { failed, ok, type Result } from '../kernel/result.ts';

export type Reply = Readonly<Record<string, string | number>>;

export const NO_REPLY: Reply = Object.freeze({});

/** Closed: a door knows how to say each of these in its protocol. */
const WORDS: Readonly<Record<string, 'text' | 'number'>> = {
  vlan: 'text',
  filter: 'text',
  role: 'text',
  privilege: 'number',
  sessionTimeout: 'number',
};

const MOST: Readonly<Record<string, number>> = { privilege: 15, sessionTimeout: 86_400 };
const VALUE = /^[A-Za-z0-9._:-]{1,64}$/;

export function readReply(text: string): Result<Reply, string> {
  const reply: Record<string, string | number> = {};
  for (const part of text.split(/\s+/)) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const word = part.slice(0, at < 0 ? undefined : at);
    const value = at < 0 ? '' : part.slice(at + 1);
    const form = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    if (form === undefined) {
      return failed(`A reply knows ${Object.keys(WORDS).join(', ')}, and no "${word}"`);
    }
    if (word in reply) return failed(`The reply has "${word}" twice`);
    if (form === 'text') {
      if (!VALUE.test(value)) return failed(`"${value}" can’t be the ${word} of a reply`);
      reply[word] = value;
    } else {
      const number = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN;
      if (!(number <= (MOST[word] ?? 0))) {
        return failed(`The ${word} of a reply is a whole number up to ${MOST[word]}`);
      }
      reply[word] = number;
    }
  }
  return ok(reply);
}

/** Of all that permitted together. Undefined when two of them say different things: then nobody knows which is meant. */
export function mergeReplies(replies: readonly Reply[]): Reply | undefined {
  const merged: Record<string, string | number> = {};
  for (const reply of replies) {
    for (const [word, value] of Object.entries(reply)) {
      if (word in merged && merged[word] !== value) return undefined;
      merged[word] = value;
    }
  }
  return merged;
}
