/**
 * Names of applications that are drawn like trusted ones (CWE-1007, T1036.005; Unicode UTS #39 §4), letter by letter through all of
 * Unicode: whatever may stand in a name is a letter that people write with, and one that looks like another is read as that one.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  isPlainTitle,
  lookalike,
} from '../../server/gate/use-cases/apps/registration/app-names.ts';

const isTakenFor = (title: string, trusted: string) =>
  isPlainTitle(title) && !lookalike(title)(trusted);

/** What is drawn like each of them, of many kinds: letters of phonetics and of old books, of other scripts, symbols, numerals. */
const DRAWN: Readonly<Record<string, string>> = {
  s: 'ѕꜱ𝗌ｓ§ƨꞩЅՏᏚ5$ŝşșʂᵴ',
  a: 'аɑαᴀᗅ𝖺ａ@4ªåäāăąạⱥᶏΑАꭺ∀',
  l: '1Iǀ∣|ӏІΙɩιıℓⅼꞁꟾ丨ㅣłļľḷƚɫɭᶅⱡ⎮│❘l̸וןاﺎ𐌉!',
  y: 'уүұγýÿŷƴɏყʏɣყỿЎҮʎｙ𝗒',
  p: 'рρþｐ𝗉ᴘƿṗᵽᵱΡРⲣ⍴ꝑ',
  o: '0оοөøσ○◯〇口ロᴏⲟօ٥೦ο०ㅇöőóọơꝋɵᴑ°◦',
  r: 'гᴦřŗʀɼɽɾꞅꭇꮁⲅｒґѓ',
  t: 'тτŧţťțƫᴛ7†ʈȶƭⱦ𝗍ꓔ',
};
const names = ['Sallyport', 'Payroll', 'Portal'];

describe('a name that is drawn like a trusted one', () => {
  for (const trusted of names) {
    it(`is not ${trusted} with any letter of it drawn otherwise`, () => {
      for (const [at, letter] of Array.from(trusted).entries()) {
        for (const { segment: drawn } of new Intl.Segmenter().segment(
          DRAWN[letter.toLowerCase()] ?? '',
        )) {
          const title = trusted.slice(0, at) + drawn + trusted.slice(at + 1);
          assert.ok(!isTakenFor(title, trusted), `${title} ${drawn.codePointAt(0)?.toString(16)}`);
        }
      }
    });
  }

  it('is not one with some of its letters drawn otherwise', () => {
    const drawn = (trusted: string) =>
      fc
        .tuple(
          ...Array.from(trusted, (letter) =>
            fc.constantFrom(letter, ...Array.from(DRAWN[letter.toLowerCase()] ?? '')),
          ),
        )
        .map((letters) => letters.join(''));
    for (const trusted of names) {
      fc.assert(fc.property(drawn(trusted), (title) => !isTakenFor(title, trusted)));
    }
  });

  it('has no character but those that people write with, of all that there are', () => {
    const usual = /^[ -{}a-zæœøþßđðħıłŋŧəɛɔɓɗƙƴ‘’“”–—·•…]+$/iu;
    for (let point = 0x20; point <= 0x1ffff; point++) {
      if (point >= 0xd800 && point <= 0xdfff) continue;
      const char = String.fromCodePoint(point);
      const title = `Sallyp${char}rt`;
      if (!isPlainTitle(title)) continue;
      assert.match(
        char.normalize('NFKD').replace(/[\u0300-\u0333\u0339-\u036f\u3099\u309a]/g, '') || 'a',
        usual,
        point.toString(16),
      );
      assert.doesNotMatch(char, /[\\|^`~]/);
    }
  });

  it('has no more marks on a letter than languages have', () => {
    const marks = fc.array(fc.constantFrom(...'\u0300\u0301\u0308\u0323\u033f\u0327'), {
      minLength: 3,
      maxLength: 60,
    });
    fc.assert(fc.property(marks, (many) => !isPlainTitle(`W${many.join('')}iki`)));
    for (const over of '\u0334\u0335\u0336\u0337\u0338\u0489\u20dd') {
      assert.equal(isPlainTitle(`Wi${over}ki`), false);
    }
  });

  it('has no letter made of signs', () => {
    for (const title of ['P/\\yroll', 'Payro||', 'Sallyp()rt', 'Sa!!yport', 'Payr[]ll']) {
      assert.ok(!isTakenFor(title, 'Payroll') && !isTakenFor(title, 'Sallyport'), title);
    }
  });

  it('is another thing than an honest name in any language', () => {
    const honest = [
      'GitHub',
      'Bücherei',
      'Żółć i gęś',
      'Ångström',
      'Þjóðskrá',
      'Smørrebrød & Øl',
      'Đặt lịch',
      'Nhật ký điện tử',
      'Azərbaycan',
      'Kalandarwa na ɗalibai',
      'İstanbul Işık',
      'Ελληνικά έγγραφα',
      'Бухгалтерия',
      'Їжа й напої',
      'Қазақша ғылым',
      'دفتر الملاحظات',
      'דוח שעות',
      'दस्तावेज़',
      'สมุดบันทึก',
      '会計ツール',
      'LINEアプリ',
      'Web会議',
      '社内Wiki',
      '문서 보관함',
      'C++',
      'Ledger 2 (beta)',
      "L'Été",
      'Q&A: v2.0',
      'Yahoo!',
      'W̥iki',
    ];
    for (const title of honest) {
      assert.ok(isPlainTitle(title), title);
      for (const trusted of names) assert.ok(!lookalike(title)(trusted), title);
    }
  });
});
