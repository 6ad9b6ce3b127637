/**
 * The number by which a person tells that what they are asked on our pages is what they began elsewhere. At an application
 * (app-requests.ts) it stands there, and here it has to be found among three: whoever hopes for a yes without a thought is right one
 * time in three. So nothing may tell the right one from the others: they are drawn alike, stand in no order, and whatever an
 * application may write beside them holds none of them. From a network device (network/log-in-approvals.ts) it is typed, since whoever hopes
 * for a yes there has the password already: one time in ninety.
 */
import type { Random } from '../kernel/random.ts';

const LEAST = 10;
const HOW_MANY = 90;

export interface ThreeNumbers {
  readonly right: number;
  /** In no order that tells of it. */
  readonly all: readonly number[];
}

export const numberToType = (random: Random): number => LEAST + below(random, HOW_MANY);

/** Longer than any message may be, and so short that not every number can stand in it. */
const READ = 64;

/** Of two digits each, and none that stands in what is shown beside them: a message must not say what to choose. */
export function numbersBeside(random: Random, text: string): ThreeNumbers {
  const said = new Set(text.normalize('NFKC').slice(0, READ).match(/\d+/g)?.flatMap(pairsIn));
  const all = new Set<number>();
  while (all.size < 3) {
    const number = numberToType(random);
    if (!said.has(number)) all.add(number);
  }
  const list = [...all];
  return { right: list[below(random, 3)] ?? LEAST, all: list };
}

/** Each two digits that stand side by side: 142 could be read as 14 or as 42. */
function pairsIn(digits: string): number[] {
  return Array.from({ length: Math.max(0, digits.length - 1) }, (_, at) =>
    Number(digits.slice(at, at + 2)),
  );
}

/** Each alike: what would favour some is thrown away. */
function below(random: Random, bound: number): number {
  const fair = 256 - (256 % bound);
  for (;;) {
    const [byte = 0] = random.bytes(1);
    if (byte < fair) return byte % bound;
  }
}
