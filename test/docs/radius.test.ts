/** The commands, settings and tables of docs/radius.md, as they stand there. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { configSchema } from '../../server/config/sections.ts';
import { readYaml } from '../../server/config/yaml-file.ts';
import { replyOf } from '../../server/doors/radius/replies.ts';
import { entryNamed, entryOf } from '../../server/wire/radius/dictionary.ts';
import { TYPE } from '../../server/wire/radius/packet.ts';
import { beginIn, runCommand } from '../support/command.ts';
import { docsPage, wordsOf } from '../support/docs-page.ts';
import { loggedIn, nas } from '../support/radius-door.ts';

const page = docsPage('radius.md');

describe('docs/radius.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-docs-'));
  before(async () => {
    await beginIn(folder);
    const upstream = page.blocks('yaml').find((text) => text.includes('upstream:')) ?? '';
    const secret = join(folder, 'upstream-secret');
    writeFileSync(secret, 'a shared secret of thirty-two letters', { mode: 0o600 });
    writeFileSync(
      join(folder, 'sallyport.yaml'),
      upstream.replace('/etc/sallyport/upstream-secret', secret),
    );
  });
  after(() => rmSync(folder, { recursive: true }));

  it('has commands that work, one after the other', async () => {
    const lines = page.lines('console');
    assert.equal(lines.length, 5);
    for (const line of lines) {
      const [program, ...args] = wordsOf(line);
      assert.equal(program, './sallyport', line);
      const { code, err } = await runCommand(folder, args);
      assert.equal(code, 0, `${line}\n${err}`);
    }
  });

  it('has settings that are read as they stand', () => {
    const written = page.blocks('yaml').map((text) => {
      const read = readYaml('page.yaml', text);
      assert.ok(read.ok);
      return configSchema.safeParse(read.value.value);
    });
    assert.equal(written.length, 6);
    for (const { success, error } of written) assert.ok(success, String(error));
    assert.equal(written[0]?.data?.radius.enabled, true);
  });

  it('tells of each vendor what is said to its devices, and of no other', () => {
    const rows = [...page.text.matchAll(/^\| `([a-z]+)` \|([^|]*)\|([^|]*)\|$/gm)];
    assert.ok(rows.length >= 12, `${rows.length} vendors`);
    for (const [, group = '', privilege = '', role = ''] of rows) {
      const login = loggedIn({ attributes: { privilege: 15, role: 'admin' } });
      const said = replyOf(login, nas({ groups: [group] }), 0) ?? [];
      const names = said
        .filter(({ type }) => type === TYPE.vendorSpecific)
        .map(
          ({ value }) =>
            entryOf(value[4] ?? 0, new DataView(value.buffer, value.byteOffset).getUint32(0))?.name,
        );
      const told = [...`${privilege} ${role}`.matchAll(/\b[A-Za-z]+(?:-[A-Za-z]+)+\b/g)]
        .map(([name]) => name)
        .filter((name) => entryNamed(name) !== undefined);
      assert.deepEqual([...new Set(names)].toSorted(), [...new Set(told)].toSorted(), group);
    }
  });
});
