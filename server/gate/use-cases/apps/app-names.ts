/**
 * What an application may call itself that nobody else named. People read the name when they are asked whether to let it in, so
 * it must not pass for one that they trust: by the same words, by letters that look the same (Unicode UTS #39 §4), by marks that
 * can't be seen, or by a trusted name with something beside it.
 */

const MOST = 64;

/** What can't be seen, has no width of its own, or is not assigned yet; spaces but the usual one. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}| {2}/u;

/** One script a name (UTS #39 §5.2, "highly restrictive"), of those whose letters the table below can tell apart. */
const SCRIPTS: readonly RegExp[] = [
  /^[\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]+$/u,
  /^[\p{Script=Greek}\p{Script=Common}\p{Script=Inherited}]+$/u,
  /^[\p{Script=Cyrillic}\p{Script=Common}\p{Script=Inherited}]+$/u,
  /^[\p{Script=Arabic}\p{Script=Common}\p{Script=Inherited}]+$/u,
  /^[\p{Script=Hebrew}\p{Script=Common}\p{Script=Inherited}]+$/u,
  /^[\p{Script=Devanagari}\p{Script=Common}\p{Script=Inherited}]+$/u,
  /^[\p{Script=Thai}\p{Script=Common}\p{Script=Inherited}]+$/u,
  /^[\p{Script=Latin}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Common}\p{Script=Inherited}]+$/u,
  /^[\p{Script=Latin}\p{Script=Han}\p{Script=Hangul}\p{Script=Common}\p{Script=Inherited}]+$/u,
];

/** Small letters and digits that are read as another: each before the Latin letter that it looks like. */
const ALIKE: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'аa еe оo рp сc уy хx ѕs іi јj һh ԁd ԛq ԝw ѵv кk мm нh тt вb гr ӏl зz бb пn ьb',
    'αa βb γy εe ζz ηn ιi κk μm νv οo ρp σo τt υu χx ωw',
    'ıi łl øo đd ħh ŧt ɑa ɡg ɩi ʟl ʀr ʏy ſs',
    '0o 1l 3e 4a 5s 7t 8b 9g |l !l $s @a',
  ].flatMap((line) => line.split(' ').map((pair) => [pair[0], pair[1]] as [string, string])),
);

/** Words as an eye in a hurry reads them. */
function skeleton(text: string): string[] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const folded = Array.from(plain, (char) => ALIKE[char] ?? char).join('');
  return folded
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replaceAll('i', 'l')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** Whether it is one line of letters that mean what they look like. */
export function isPlainTitle(title: string): boolean {
  return (
    title.length <= MOST &&
    title.trim() === title &&
    /[\p{L}\p{N}]/u.test(title) &&
    !UNSEEN.test(title) &&
    SCRIPTS.some((script) => script.test(title))
  );
}

/** From so many letters on, a name is recognised within a longer word. */
const TELLING = 5;

/** Tells whether a reader could take the title for one that is trusted, or for something of its making. */
export function lookalike(title: string): (trusted: string) => boolean {
  const words = skeleton(title);
  const all = words.join('');
  return (trusted) => {
    const meant = skeleton(trusted);
    const name = meant.join('');
    if (name === '') return false;
    if (all === name || (name.length >= TELLING && all.includes(name))) return true;
    return words.some((_, from) => meant.every((word, at) => words[from + at] === word));
  };
}
