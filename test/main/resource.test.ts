/** `./sallyport resource`: what can be said of each kind without a file, and what is typed wrong. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { beginIn, runCommand } from '../support/command.ts';

describe('./sallyport resource', () => {
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-resource-'));
    await beginIn(folder);
    assert.equal((await run('person', 'add', 'ada')).code, 0);
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = (...args: string[]) => runCommand(folder, args);
  async function detailOf(...args: string[]) {
    const { code, out, err } = await run('resource', ...args, '--json');
    assert.equal(code, 0, err);
    return JSON.parse(out).detail;
  }
  async function refused(says: RegExp, ...args: string[]) {
    const { code, err } = await run('resource', ...args);
    assert.equal(code, 2, err);
    assert.match(err, says);
  }

  it('says of an application how it signs, what it may do and who is told, and takes it back', async () => {
    const detail = await detailOf(
      ...['add', 'application', 'tv', '--redirect', 'https://tv.example/cb', '--third-party'],
      ...['--grant', 'authorization_code', '--grant', 'device_code', '--id-token-alg', 'EdDSA'],
      ...['--pairwise-sector', 'tv.example', '--tell-sign-out', 'https://tv.example/out'],
      ...['--token-format', 'opaque', '--bound-tokens'],
    );
    assert.deepEqual(detail.grants, ['authorization_code', 'device_code']);
    const { idTokenAlg, pairwiseSector, backchannelLogoutUri, firstParty } = detail;
    assert.deepEqual(
      [idTokenAlg, pairwiseSector, backchannelLogoutUri, firstParty],
      ['EdDSA', 'tv.example', 'https://tv.example/out', false],
    );
    assert.deepEqual([detail.accessTokenFormat, detail.boundTokens], ['opaque', true]);
    const changed = await detailOf('change', 'tv', '--first-party', '--no-bound-tokens');
    assert.deepEqual([changed.firstParty, changed.boundTokens], [true, false]);
    assert.equal(changed.idTokenAlg, 'EdDSA', 'what is not named stays');
  });

  it('says what an application lacks that is to prove itself from now on', async () => {
    await detailOf('add', 'application', 'page', '--redirect', 'https://page.example/cb');
    const changed = await run('resource', 'change', 'page', '--client-auth', 'key');
    assert.match(changed.out, /Nobody answers for it yet: .*process change page --owner PERSON/);
    assert.match(changed.out, /process proof add page key --public-key FILE/);
    assert.equal((await run('process', 'change', 'page', '--owner', 'ada')).code, 0);
    const back = await run('resource', 'change', 'page', '--client-auth', 'none');
    assert.doesNotMatch(back.out, /proves itself|answers/);
    const asking = await run('resource', 'add', 'application', 'counter', '--grant', 'ciba');
    assert.match(asking.out, /before it proves itself: .*change counter\s+--client-auth key/s);
  });

  it('names what does not fit by the option that was typed, and by the file where that said it', async () => {
    const app = ['add', 'application', 'odd', '--redirect', 'https://odd.example/cb'];
    await refused(/\n- --redirect “odd” must be an https address/, ...app, '--redirect', 'odd');
    await refused(/\n- --tell-sign-out “x” must be/, ...app, '--tell-sign-out', 'x');
    await refused(/\n- --api “x”: its audience must be/, ...app, '--api', 'x');
    await refused(/\n- --pairwise-sector “!” must be a host/, ...app, '--pairwise-sector', '!');
    const api = ['add', 'api', 'odd', '--audience', 'https://odd.example/'];
    await refused(
      /\n- --token-lifetime “90d” must be at most 1 day/,
      ...api,
      '--token-lifetime',
      '90d',
    );
    await refused(/\n- --host must be there/, 'add', 'site', 'odd');
    await refused(/\n- --host “ODD” must be a host/, 'add', 'site', 'odd', '--host', 'ODD');
    writeFileSync(join(folder, 'odd.json'), '{ "hosts": ["ODD"] }');
    await refused(/\n- hosts\.0 must be a host/, 'add', 'site', 'odd', '--detail', 'odd.json');
    await detailOf('add', 'site', 'even', '--host', 'even.example');
    await refused(/\n- --host “ODD” must be a host/, 'change', 'even', '--host', 'ODD');
  });

  it('holds an application to FAPI 2.0 by one switch, or says what that needs', async () => {
    const app = ['add', 'application', 'bank', '--redirect', 'https://bank.example/cb'];
    const held = [...app, '--profile', 'fapi2', '--owner', 'ada'];
    await refused(/--client-auth must be key or certificate/, ...held);
    await refused(
      /--id-token-alg “RS256” must be ES256 or EdDSA/,
      ...held,
      '--id-token-alg',
      'RS256',
    );
    const detail = await detailOf(...held, '--client-auth', 'key');
    assert.equal(detail.profile, 'fapi2');
    const after = await run('resource', 'change', 'bank', '--client-auth', 'secret');
    assert.equal(after.code, 2, after.out);
  });

  it('says of an API how long its tokens live, and of what form they are', async () => {
    const api = ['add', 'api', 'ledger', '--audience', 'https://ledger.example/'];
    const detail = await detailOf(...api, '--token-lifetime', '5m', '--token-format', 'opaque');
    assert.deepEqual(
      [detail.tokenSeconds, detail.tokenFormat, detail.boundTokens],
      [300, 'opaque', false],
    );
    await refused(
      /--token-lifetime “1s” must be at least 1 minute/,
      'change',
      'ledger',
      '--token-lifetime',
      '1s',
    );
    await refused(/--token-lifetime is a time/, 'change', 'ledger', '--token-lifetime', 'soon');
    assert.equal((await detailOf('change', 'ledger', '--bound-tokens')).tokenSeconds, 300);
  });

  it('says of a site from which networks a rule holds, and how long its cookie is good', async () => {
    const detail = await detailOf(
      ...['add', 'site', 'wiki', '--host', 'wiki.example', '--cookie-lifetime', '5m'],
      ...['--rule', '/office/* office from 10.0.0.0/8,192.0.2.1', '--rule', '/* read'],
      ...['--rule', 'POST,PUT /keys/* keys sensitive from 2001:db8::/32'],
    );
    assert.equal(detail.cookieSeconds, 300);
    assert.deepEqual(
      detail.rules.map(({ networks }: { networks: string[] }) => networks),
      [['10.0.0.0/8', '192.0.2.1'], [], ['2001:db8::/32']],
    );
    const { out } = await run('resource', 'show', 'wiki');
    const lines = out.split('\n');
    const from = lines.findIndex((line) => line.startsWith('Its rules'));
    assert.deepEqual(lines.slice(from, from + 6), [
      'Its rules for wiki.example; of those that fit a request the most specific one counts.',
      '',
      'path       methods    function  from                   is',
      '/office/*  all        office    10.0.0.0/8, 192.0.2.1',
      '/*         all        read      anywhere',
      '/keys/*    POST, PUT  keys      2001:db8::/32          sensitive',
    ]);
    const change = ['change', 'wiki', '--rule'];
    await refused(/must be an address or a network/, ...change, '/* read from home');
    await refused(/is no rule/, ...change, '/* read from');
  });

  it('takes nothing that says nothing of the kind, nor two words that contradict', async () => {
    await refused(
      /--token-lifetime says nothing of a site/,
      'change',
      'wiki',
      '--token-lifetime',
      '5m',
    );
    await refused(/--grant says nothing of an API/, 'change', 'ledger', '--grant', 'ciba');
    await refused(/not both/, 'change', 'tv', '--first-party', '--third-party');
    writeFileSync(join(folder, 'list.json'), '[]');
    await refused(/no file of JSON/, 'change', 'tv', '--detail', 'list.json');
  });
});
