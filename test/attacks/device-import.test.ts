/** A list of devices from somebody else's hands (T1565.001): what of it could be read in two ways, or would do more than it says. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { type ApiHouse, openApiHouse } from '../api/api-house.ts';
import { enrolled, signIn } from '../api/people.ts';

describe('a hostile CSV file of devices', () => {
  let api: ApiHouse;
  let admin: string;

  before(async () => {
    api = await openApiHouse();
    admin = await signIn(api, await enrolled(api, 'boss', ['administrator']));
  });
  after(() => api.close());

  const HEAD = 'name,kind,owner,zone,serial,mac,addresses,groups,purpose';
  const take = (csv: string) =>
    api.done('importDevices', { token: admin, body: { csv, apply: true } });
  const listed = async () =>
    (await api.done('listDevices', { token: admin, query: {} })).items.length;
  const rows = (...lines: string[]) => `${[HEAD, ...lines].join('\n')}\n`;

  const HOSTILE: readonly (readonly [string, string, RegExp])[] = [
    ['a formula', rows('a,server,boss,,,,,,"=HYPERLINK(""http://x"")"'), /formula/],
    ['a formula as a serial number', rows('a,server,boss,,@SUM(1),,,,'), /formula/],
    ['a quotation mark that is never closed', rows('a,server,boss,,,,,,"x'), /never closed/],
    ['something behind a quotation mark', rows('a,server,boss,,,,,,"x"y'), /behind a closing/],
    ['a quotation mark within a field', rows('a,server,boss,,,,,,x"y'), /within a field/],
    ['a line with more fields', rows('a,server,boss,,,,,,,'), /more than 9 columns/],
    ['a line with fewer fields', rows('a,server'), /2 fields/],
    [
      'a name that looks like another’s id',
      rows('01a1fd06-05a6-7471-aad3,server,boss,,,,,,'),
      /id/,
    ],
    ['a name turned around', rows('core\u202e1,server,boss,,,,,,'), /letters/],
    ['a purpose turned around', rows('a,server,boss,,,,,,pay\u202eload'), /control/],
    ['a purpose of several lines', rows('a,server,boss,,,,,,"x\ny"'), /control/],
    ['a zero byte', rows('a\u0000,server,boss,,,,,,'), /letters/],
    ['everybody’s MAC address', rows('a,server,boss,,,ff:ff:ff:ff:ff:ff,,,'), /MAC address/],
    ['the whole Internet', rows('a,server,boss,,,,0.0.0.0/0,,'), /wider/],
    [
      'one address twice',
      rows('a,server,boss,,,,192.0.2.1,,', 'b,server,boss,,,,192.0.2.1/32,,'),
      /same/,
    ],
    ['one name twice', rows('a,server,boss,,,,,,', 'a,server,boss,,,,,,'), /line 2 has the same/],
    ['an owner who is nobody', rows('a,server,eve,,,,,,'), /nobody/],
    ['a column of ours twice', 'name,name,kind,owner\na,b,server,boss\n', /twice/],
    ['a column that is none', 'name,kind,owner,status\na,server,boss,active\n', /no column/],
    ['a role', 'name,kind,owner,roles\na,server,boss,administrator\n', /no column/],
    ['no columns', '\n\n', /empty/],
    [
      'too many lines',
      rows(...Array.from({ length: 2001 }, (_, i) => `d${i},server,boss,,,,,,`)),
      /more than 2001 lines/,
    ],
    ['a field without end', rows(`a,server,boss,,,,,,${'x'.repeat(4000)}`), /2048/],
  ];

  for (const [what, csv, says] of HOSTILE) {
    test(`with ${what} adds nothing and tells the line`, async () => {
      const before = await listed();
      // What is right besides it isn't taken, either.
      const good = csv.startsWith(HEAD)
        ? csv.replace(HEAD, `${HEAD}\ngood,server,boss,,,,,,`)
        : csv;
      for (const each of [csv, good]) {
        const { applied, problems } = await take(each);
        assert.equal(applied, false);
        const told = problems.map((one: { says: string }) => one.says).join('; ');
        assert.match(told.replace('line 3 has', 'line 2 has'), says);
        assert.ok(problems.every(({ line }: { line: number }) => line >= 1));
      }
      assert.equal(await listed(), before);
    });
  }

  test('larger than 1 MiB is not read at all', async () => {
    const csv = `${HEAD}\n${'x'.repeat(1 << 20)}`;
    await api.problem('not-valid', 'importDevices', { token: admin, body: { csv } });
    const wide = `${HEAD}\n${'é'.repeat(600_000)}`;
    assert.match((await take(wide)).problems[0].says, /larger than 1 MiB/);
  });

  test('done rightly adds its devices, and the record has one event of each', async () => {
    const { applied } = await take(
      rows('good,server,boss,hall,S1,02005e100001,192.0.2.1,a b,"Says ""hello"""'),
    );
    assert.equal(applied, true);
    const shown = await api.done('showDevice', { token: admin, params: { id: 'good' } });
    assert.equal(shown.purpose, 'Says "hello"');
    assert.deepEqual(shown.groups, ['a', 'b']);
    const { items } = await api.done('searchEvents', {
      token: admin,
      query: { type: 'device.created' },
    });
    assert.equal(items.length, 1);
    assert.equal(items[0].subject, shown.id);
  });

  test('of any characters is answered, and never by a fault', async () => {
    const piece = fc.constantFrom(
      '"',
      ',',
      ';',
      '\n',
      '\r',
      'name',
      'kind',
      'owner',
      'a',
      '\u0000',
      '\ufeff',
      '=1',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
        const body = { csv: pieces.join('') };
        const { applied } = await api.done('importDevices', { token: admin, body });
        assert.equal(applied, false);
      }),
      { numRuns: 60 },
    );
  });
});
