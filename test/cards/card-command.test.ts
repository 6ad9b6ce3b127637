/** `./sallyport card …`: what an administrator does who has the certificate in hand. */
import assert from 'node:assert/strict';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeCertificate } from '../support/certificates.ts';
import { beginIn, type Ran, runCommand } from '../support/command.ts';

describe('sallyport card', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'card-')));
  const sallyport = (...args: string[]) => runCommand(folder, args);
  const run = (...args: string[]) => sallyport('card', ...args);
  const json = ({ out }: Ran) => JSON.parse(out);
  const ca = makeCertificate({ subject: { O: 'Plant', CN: 'Plant CA' }, authority: true });
  const ada = makeCertificate({ subject: { CN: 'Ada' }, authority: false, forClients: true }, ca);

  before(async () => {
    await beginIn(folder);
    for (const name of ['ada', 'eve']) {
      await sallyport('person', 'add', name, '--mail', `${name}@example.com`);
    }
    writeFileSync(join(folder, 'ca.pem'), ca.pem);
    writeFileSync(join(folder, 'ada.pem'), ada.pem);
    writeFileSync(join(folder, 'text.pem'), 'nothing');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('takes no certificate that nobody trusted vouches for', async () => {
    const ran = await run('add', 'ada', '--certificate', 'ada.pem', '--json');
    assert.equal(ran.code, 1);
    const { code, why } = json(ran).error.details;
    assert.deepEqual([code, why], ['card-refused', 'unknown-authority']);
  });

  it('adds one, which is nobody else’s then, lists and removes it', async () => {
    await sallyport('authority', 'trust', 'add', 'ca.pem', '--name', 'plant', '--for', 'person');
    const added = await run('add', 'ada', '--certificate', 'ada.pem', '--name', 'Plant card');
    assert.equal(added.code, 0, added.err);
    const other = await run('add', 'eve', '--certificate', 'ada.pem');
    assert.equal(other.code, 1);
    assert.match(other.err, /somebody’s already/);
    const { cards } = json(await run('list', 'ada', '--json'));
    assert.deepEqual(
      cards.map(({ name, lastUsedAt }: { name: string; lastUsedAt: null }) => [name, lastUsedAt]),
      [['Plant card', null]],
    );
    assert.equal((await run('remove', 'eve', cards[0].id.slice(-8))).code, 4);
    assert.equal((await run('remove', 'ada', cards[0].id.slice(-8))).code, 0);
    assert.match((await run('list', 'ada')).out, /ada has no card/);
    assert.equal((await run('add', 'eve', '--certificate', 'ada.pem')).code, 0);
  });

  it('says what is wrong with a file, and whom it does not know', async () => {
    assert.match(
      (await run('add', 'ada', '--certificate', 'text.pem')).err,
      /no certificate in PEM/,
    );
    assert.match(
      (await run('add', 'ada', '--certificate', 'none.pem')).err,
      /no certificate in PEM/,
    );
    assert.equal((await run('add', 'nobody', '--certificate', 'ada.pem')).code, 4);
  });
});
