/**
 * Texts that people read and that are not what they seem (CWE-451, CWE-1007, CWE-150 control sequences, CWE-158 NUL, CVE-2021-42574
 * direction of writing): in names of people and proofs, in words, in policies. They would forge a line on a terminal or in a
 * page; and a NUL is what PostgreSQL can’t keep. All are told so, by both doors alike.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { OperationName } from '@sallyport/contract/api/operations.ts';
import { readTables } from '../store/fill-tables.ts';
import { count, eventsOf } from '../support/events.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from '../support/served-people.ts';

const EVERYWHERE = [
  '\0',
  '\u0007',
  '\u001b[2J',
  '\u009b31m',
  '\u202e',
  '\u2066',
  '\u200f',
  '\ud800',
  '\udfff',
];
const IN_A_LINE = [...EVERYWHERE, '\n', '\r', '\t', '\u0085', '\u2028', '\u2029'];

describe('a text that is not what it seems', () => {
  let served: ServedHouse;
  let root: PasskeyPerson;
  let token: string;
  let proof: string;
  before(async () => {
    served = await openServedHouse();
    root = await passkeyPerson(served, 'root', ['administrator']);
    token = (await passkeySignIn(served, root)).session.token;
    proof = (await served.api('listMyProofs', { token })).json.items[0].id;
  });
  after(() => served.close());

  async function refused(name: OperationName, body: unknown, id: string = root.id): Promise<void> {
    const { status, json } = await served.api(name, { token, params: { id }, body });
    // Half a pair of surrogates is no text: such JSON is not read at all.
    const isText = !/\\ud[89a-f]/.test(JSON.stringify(body));
    assert.equal(
      status,
      isText ? 422 : 400,
      `${name} ${JSON.stringify(body)}: ${status} ${JSON.stringify(json)}`,
    );
  }

  it('is no name of anyone or anything, and changes nothing', async () => {
    const before = await readTables(served.test.store);
    for (const odd of IN_A_LINE) {
      const text = `Eve${odd}Root`;
      await refused('addPerson', { identifier: 'eve', displayName: text });
      await refused('addPerson', { identifier: text, displayName: 'Eve' });
      await refused('addPerson', {
        identifier: 'eve',
        displayName: 'Eve',
        email: `${text}@x.example`,
      });
      await refused('addPerson', { identifier: 'eve', displayName: 'Eve', groups: [text] });
      await refused('changePerson', { displayName: text });
      await refused('changePerson', { identifier: text });
      await refused('renameMyProof', { name: text }, proof);
      await refused('beginMyEnrolment', { kind: 'totp', options: { name: text } });
      await refused('issuePass', { networks: [text] });
      await refused('issueToken', { owner: root.id, scope: [text] });
      await refused('reportTrouble', { about: text });
    }
    for (const odd of EVERYWHERE) {
      const files = { 'people.cedar': `// ${odd}\npermit (principal, action, resource);` };
      await refused('reportTrouble', { words: `It was${odd}not me` });
      await refused('checkPolicies', { files });
      await refused('activatePolicies', { files });
      await refused('simulatePolicies', { person: root.id, action: 'signIn', files });
    }
    assert.deepEqual(await readTables(served.test.store), before);
  });

  it('is not taken by the pages either', async () => {
    const browser = served.browser();
    browser.cookies.set('sallyport-session', token);
    for (const odd of IN_A_LINE.filter((each) => each.isWellFormed())) {
      await browser.get('/me');
      const answer = await browser.post(`/me/proofs/${proof}/rename`, { name: `Key${odd}Key` });
      assert.ok(answer.status === 400 || answer.location?.endsWith('/rename'), JSON.stringify(odd));
    }
    const { items } = (await served.api('listMyProofs', { token })).json;
    assert.doesNotMatch(items[0].name, /Key/);
  });

  it('that only looks unusual is somebody’s name, and is taken', async () => {
    const names = [
      'José Ñandú',
      'Zoë 👩‍🚒',
      'محمد',
      'می‌خواهم',
      '山田 太郎',
      'O’Brien-Smith, Jr.',
      'नमस्ते',
    ];
    const seen = await eventsOf(served, async () => {
      for (const [i, displayName] of names.entries()) {
        const body = { identifier: `somebody-${i}`, displayName };
        const { status, json } = await served.api('addPerson', { token, body });
        assert.equal(status, 201, displayName);
        assert.equal(json.displayName, displayName);
      }
      const body = { words: 'It was not me.\nI was asleep,\tfar away.' };
      assert.equal((await served.api('reportTrouble', { token, body })).status, 200);
    });
    assert.equal(count(seen, 'person.created', 'done'), names.length);
    assert.equal(count(seen, 'trouble.reported', 'done'), 1);
  });
});
