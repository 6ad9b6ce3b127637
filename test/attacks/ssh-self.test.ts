/**
 * A certificate for an account that is not one's own: whoever may add people adds one who is called like an account of systems, and logs
 * in as themselves (T1136, T1078.003); or asks for the account of another (T1021.004). `self` is nobody's but the person's own.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { ownAccount } from '../../server/policy/ssh-terms.ts';
import { readCertificateLine } from '../../server/wire/ssh/certificate.ts';
import { keyLine, publicKeyOf } from '../../server/wire/ssh/public-key.ts';
import { eventsOf, type TestEvent } from '../support/events.ts';
import { addDevice } from '../support/network.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { passkeyPerson, passkeySignIn } from '../support/served-people.ts';

const POLICIES = `
@id("as-root") @because("Whom it names may be root.") @ssh("accounts=root minutes=5")
permit (principal in Group::"roots", action == Action::"logIn", resource == Network::"web1");
`;

describe('a person who is called like an account of systems', () => {
  let house: ServedHouse;
  before(async () => {
    const policies = { ...shippedPolicies(), 'test.cedar': POLICIES };
    house = await openServedHouse({ parts: { shippedPolicies: policies } });
    await addDevice(house, 'web1', { kind: 'server' });
  });
  beforeEach(() => house.clock.advance(60_000));
  after(() => house.close());

  async function ask(name: string, groups: readonly string[], account?: string) {
    const person = await passkeyPerson(house, name);
    await house.house.store.write((tx) =>
      house.house.people.change(tx, person.id, { groups }, { door: 'cli' }),
    );
    const { token } = (await passkeySignIn(house, person)).session;
    const key = publicKeyOf(generateKeyPairSync('ed25519').publicKey);
    assert.ok(key);
    const body = { host: 'web1', publicKey: keyLine(key), ...(account ? { account } : {}) };
    let answer: Awaited<ReturnType<ServedHouse['api']>> | undefined;
    const told = await eventsOf(house, async () => {
      answer = await house.api('logInBySsh', { token, body });
    });
    assert.ok(answer);
    return { answer, told, person };
  }

  const of = (told: readonly TestEvent[]) => told.filter(({ type }) => type.startsWith('ssh.'));
  const isRefused = (told: readonly TestEvent[], who: string) =>
    assert.deepEqual(
      of(told).map(({ type, outcome, subject, door, data }) => [
        `${type} ${outcome}`,
        subject,
        door,
        data,
      ]),
      [
        [
          'ssh.certificate-refused refused',
          ...[who, 'api', { host: 'web1', why: 'account-refused' }],
        ],
      ],
    );
  const isIssued = (told: readonly TestEvent[], who: string, name: string) =>
    assert.deepEqual(
      of(told).map(({ type, outcome, subject, door, data }) => [
        `${type} ${outcome}`,
        ...[subject, door, data.host, data.names],
      ]),
      [['ssh.certificate-issued granted', who, 'api', 'web1', [name]]],
    );

  it('gets no certificate for it as themselves, named or not, and that is on record', async () => {
    for (const [name, account] of [['root'], ['ubuntu', 'ubuntu'], ['postgres', 'self']] as const) {
      const { answer, told, person } = await ask(name, ['ssh-users'], account);
      assert.equal(answer.json.code, 'ssh-account-refused', answer.text);
      isRefused(told, person.id);
    }
  });

  it('gets none for the account of another person, nor for one that is offered at another host', async () => {
    const { answer, told, person } = await ask('eve', ['ssh-users'], 'ada');
    assert.equal(answer.json.code, 'ssh-account-refused', answer.text);
    isRefused(told, person.id);
    const root = await ask('mallory', ['ssh-users'], 'root');
    assert.equal(root.answer.json.code, 'ssh-account-refused', root.answer.text);
    isRefused(root.told, root.person.id);
    const own = await ask('trent', ['ssh-users'], 'trent');
    assert.equal(own.answer.status, 201, own.answer.text);
    isIssued(own.told, own.person.id, 'self');
  });

  it('gets their own name with it, who is called like nobody else', async () => {
    const { answer, told, person } = await ask('ada', ['ssh-users']);
    assert.equal(answer.status, 201, answer.text);
    const read = readCertificateLine(answer.json.certificate);
    assert.deepEqual(read.ok && read.value.principals, ['ada@web1']);
    isIssued(told, person.id, 'self');
  });

  it('gets it where a policy names it', async () => {
    const { answer, told, person } = await ask('carol', ['ssh-users', 'roots'], 'root');
    assert.equal(answer.status, 201, answer.text);
    const read = readCertificateLine(answer.json.certificate);
    assert.deepEqual(read.ok && read.value.principals, ['root@web1']);
    isIssued(told, person.id, 'root');
  });
});

describe('the account that is a person’s own', () => {
  it('is a plain name, and none of a system', () => {
    for (const own of ['ada', 'o-neil', 'x1', 'roots', 'a'.repeat(32)])
      assert.equal(ownAccount(own), own);
    for (const none of [
      ...[undefined, '', 'root', 'ec2-user', '_www', 'systemd-network', 'www-data', 'Root'],
      ...['ada@example.com', 'ada*', 'root ', 'a'.repeat(33), '../x', 'ada,root'],
    ]) {
      assert.equal(ownAccount(none), undefined, none);
    }
  });
});
