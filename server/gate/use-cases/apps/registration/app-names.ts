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

/**
 * What stands in a name, once compatibility is undone (NFKD): letters that languages are written with today. Letters of phonetics,
 * of old books and of mathematics, clicks and symbols are drawn so much like others that no table keeps up with them.
 */
const USUAL =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each mark by itself.
  /^[ -[\]_{}‘’“”–—·•…a-zæœøþßđðħıłŋŧəɛɔɓɗƙƴα-ωа-яєіјѕљњћџђґғқңүұһәө、。・「」『』【】《》〈〉ー\u0300-\u0333\u0339-\u0362\u3099\u309a\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Devanagari}\p{Script=Thai}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+$/u;
/** More marks than any spelling has, or such as strike letters out or stand around them. */
const OVERLAID = /\p{M}{3}|[\u0334-\u0338\p{Me}]/u;
/** Parts of syllables by themselves. */
const LONE_JAMO = /[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]/u;
const EASTERN = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー、。・「」『』【】《》〈〉`;
const STROKES = '[一丨丶丿亅工卜口二八〇〡-〩ロトエニハノー「」]';
/** Strokes that are letters beside letters, and others' letters within a word. */
const MINGLED = new RegExp(
  String.raw`\p{Script=Latin}${STROKES}|${STROKES}\p{Script=Latin}|\p{Script=Latin}[^\p{Script=Latin} ]*[${EASTERN}][^\p{Script=Latin} ]*\p{Script=Latin}`,
  'u',
);
/** Signs that together make a letter: `P/\yroll`, `Sallyp()rt`. */
const DRAWN = /[\p{L}\p{N}][^\p{L}\p{N}\p{M} +]{2,}[\p{L}\p{N}]/u;

/** Small letters and digits that are read as another: each before the Latin letter that it looks like. */
const ALIKE: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'аa еe оo рp сc уy хx ѕs іi јj һh вb кk мm нh тt гr зz бb пn ьb ѓr ћh ђh ґr ғf қk ңh үy ұy өo әe',
    'αa βb γy εe ζz ηn ιi κk μm νv οo ρp σo ςc τt υu χx ωw',
    'ıi łl øo đd ðd ħh ŧt æa œo þp ßb ŋn əe ɛe ɔo ɓb ɗd ƙk ƴy',
    '0o 1l 3e 4a 5s 7t 8b 9g !l $s @a',
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
    .replaceAll('cl', 'd')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** Whether it is one line of letters that mean what they look like. */
export function isPlainTitle(title: string): boolean {
  const apart = title.normalize('NFKD');
  return (
    title.length <= MOST &&
    title.trim() === title &&
    /[\p{L}\p{N}]/u.test(title) &&
    !UNSEEN.test(title) &&
    USUAL.test(apart.toLowerCase()) &&
    !OVERLAID.test(apart) &&
    !LONE_JAMO.test(title.normalize('NFKC')) &&
    !MINGLED.test(title.normalize('NFKC')) &&
    !DRAWN.test(apart) &&
    SCRIPTS.some((script) => script.test(title) && script.test(apart))
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
