/** `person`, `session` and `pass` with `--at`: judged as the administrator who signed in, told in the words of the local ones. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../server/kernel/clock.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import { housePeople } from '../../server/main/desks/house/house-people.ts';
import { serverPeople } from '../../server/main/desks/server/server-people.ts';
import { connect } from '../../server/main/remote/connection.ts';
import { createLoginFile } from '../../server/main/remote/login-file.ts';
import { createOutput } from '../../server/main/terminal/output.ts';
import { policyConfig } from '../../server/policy/policy-config.ts';
import { administering, catchUp, type Desk, openDesk } from '../support/elsewhere.ts';
import { eventsOf } from '../support/events.ts';
import { type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import { type PasskeyPerson, passkeyPerson } from '../support/served-people.ts';

const SECOND = 1000;

describe('looking after people at a server elsewhere', () => {
  let house: OidcHouse;
  let root: PasskeyPerson;
  let desk: Desk;
  before(async () => {
    const policy = { ...policyConfig.parse({}), freshFor: 10 * SECOND };
    house = await openOidcHouse({ settings: { policy } });
    root = await passkeyPerson(house, 'root', ['administrator']);
    catchUp(house);
    desk = openDesk({ SALLYPORT_AT: house.origin });
    const { code, err } = await desk.run(['login', '--no-browser'], browse);
    assert.equal(code, 0, err + house.notices.join());
  });
  beforeEach(() => catchUp(house));
  after(async () => {
    desk.close();
    await house.close();
  });

  const browse = (address: string) => administering(house, house.browser(), root)(address);
  const json = async (...args: string[]) => {
    const { code, out, err } = await desk.run([...args, '--json'], browse);
    assert.equal(code, 0, err + out);
    return JSON.parse(out);
  };

  it('adds someone, whose link leads to that server, and shows, lists and erases them', async () => {
    const added = await json('person', 'add', 'grace', '--name', 'Grace', '--role', 'auditor');
    assert.ok(added.link.startsWith(`${house.origin}/enrol/`));
    const shown = await json('person', 'show', 'grace');
    assert.deepEqual(
      [shown.id, shown.identifier, shown.displayName, shown.roles, shown.proofs.length],
      [added.id, 'grace', 'Grace', ['auditor'], 1],
    );
    const auditors = await json('person', 'list', '--role', 'auditor');
    assert.deepEqual(
      auditors.people.map((one: { identifier: string }) => one.identifier),
      ['grace'],
    );
    const { code, out, err } = await desk.run(['person', 'list'], browse);
    assert.equal(code, 0, err);
    assert.match(out, /^2 people\.\n/);
    const wrong = await desk.run(['person', 'erase', 'grace', '--yes', 'ada'], browse);
    assert.equal(wrong.code, 2);
    await json('person', 'erase', 'grace', '--yes', 'grace');
    assert.equal((await json('person', 'show', added.id)).status, 'erased');
  });

  it('changes someone, of whom what is not named stays', async () => {
    await json('person', 'add', 'hal', '--mail', 'hal@example.com');
    const changed = await json('person', 'change', 'hal', '--name', 'Hal', '--group', 'staff');
    assert.deepEqual(
      [changed.displayName, changed.email, changed.groups, changed.roles],
      ['Hal', 'hal@example.com', ['staff'], []],
    );
    assert.deepEqual((await json('person', 'change', 'hal', '--role', 'auditor')).roles, [
      'auditor',
    ]);
    await json('person', 'erase', 'hal', '--yes', 'hal');
  });

  it('is on record as done by whoever signed in, by the API', async () => {
    const { id } = await json('person', 'add', 'dora');
    const events = await eventsOf(house, () => json('person', 'disable', 'dora'));
    const told = events.filter(({ type }) => type === 'person.disabled');
    assert.deepEqual(
      told.map(({ subject, actor }) => [subject, actor]),
      [[id, root.id]],
    );
    await json('person', 'enable', 'dora');
  });

  it('tells the same data by either desk', async () => {
    const output = createOutput({
      stdout: { write: () => {} },
      stderr: { write: () => {} },
      json: true,
      colours: false,
    });
    const there = serverPeople(
      connect(
        {
          clock: systemClock(),
          random: systemRandom(),
          output,
          logins: createLoginFile(desk.file),
          show: async () => assert.fail('nothing here wants a fresh proof'),
          waits: true,
          isOwn: () => false,
          givenUp: () => assert.fail('nothing here wants a fresh proof'),
        },
        house.origin,
      ),
    );
    const here = housePeople(house.house, house.origin);
    const filter = { limit: 100 };
    assert.deepEqual(await there.list(filter), await here.list(filter));
    assert.deepEqual(await there.find('root'), await here.find('root'));
    assert.deepEqual(await there.find('nobody-like-that'), await here.find('nobody-like-that'));
    assert.deepEqual(await there.show(root.id), await here.show(root.id));
    assert.deepEqual(await there.sessions({}), await here.sessions({}));
    const nobody = '01234567-89ab-7cde-8f01-23456789abcd';
    for (const deed of ['enable', 'issuePass', 'revokePass', 'revokeSession'] as const) {
      const terms = { purpose: 'pass', networks: [] } as const;
      const no = (it: typeof here) => it[deed](nobody, terms).then((a) => !a.ok && a.error.code);
      assert.equal(await no(there), await no(here), deed);
    }
  });

  it('issues and revokes passes, with the reasons that the server has', async () => {
    await json('person', 'add', 'eve');
    const pass = await json('pass', 'issue', 'eve', '--lifetime', '30m');
    assert.ok(pass.link.startsWith(house.origin) && pass.code.length > 5);
    const long = await desk.run(['pass', 'issue', 'eve', '--lifetime', '90d'], browse);
    assert.equal(long.code, 2);
    assert.match(long.err, /A pass is good for .* at the longest/);
    assert.equal((await desk.run(['pass', 'revoke', 'eve'], browse)).code, 0);
    assert.equal((await desk.run(['pass', 'revoke', 'eve'], browse)).code, 4);
  });

  it('says what is not there with 4, and what can’t be said from elsewhere with 2', async () => {
    assert.equal((await desk.run(['person', 'show', 'nobody'])).code, 4);
    assert.equal((await desk.run(['session', 'revoke', root.id], browse)).code, 4);
    const forced = await desk.run(['person', 'disable', 'root', '--force'], browse);
    assert.equal(forced.code, 2);
    assert.match(forced.err, /on the machine itself alone/);
    const last = await desk.run(['person', 'disable', 'root'], browse);
    assert.equal(last.code, 1);
    assert.match(last.err, /the only administrator/);
  });

  it('opens the browser where the policy wants a fresh proof, and then goes on', async () => {
    house.clock.advance(15 * SECOND);
    let asked: URL | undefined;
    const { code, out, err } = await desk.run(['person', 'add', 'fay'], async (address) => {
      asked = new URL(address);
      await browse(address);
    });
    assert.equal(code, 0, err);
    assert.match(err, /wants a fresh proof/);
    assert.equal(asked?.searchParams.get('max_age'), '0');
    assert.match(out, /^fay is added\./);
    assert.equal((await desk.run(['person', 'show', 'fay'])).code, 0);
  });

  it('does nothing when somebody else shows the fresh proof', async () => {
    const other = await passkeyPerson(house, 'other', ['administrator']);
    catchUp(house);
    house.clock.advance(40 * SECOND);
    const { code, err } = await desk.run(
      ['person', 'erase', 'dora', '--yes', 'dora'],
      administering(house, house.browser(), other),
    );
    assert.equal(code, 3);
    assert.match(err, /Somebody else is signed in .* this was not done/);
    assert.equal((await json('person', 'show', 'dora')).status, 'enrolling');
    assert.equal((await desk.run(['whoami', '--json'])).out.includes('"root"'), true);
  });

  it('says what it waits for, and ends with Ctrl-C, or at once where nobody is to wait', async () => {
    house.clock.advance(40 * SECOND);
    const stopped = await desk.run(['person', 'erase', 'fay', '--yes', 'fay'], async () => {
      setImmediate(() => process.emit('SIGINT'));
    });
    assert.equal(stopped.code, 3);
    assert.match(stopped.err, /wants a fresh proof from you for this \(erase a person\)\. Show it/);
    assert.match(stopped.err, /Waiting for you to show it there, for five minutes at most/);
    assert.match(stopped.err, /You stopped it before anybody showed a proof\. That was not done\./);
    const told = await desk.run(['person', 'erase', 'fay', '--yes', 'fay', '--no-wait', '--json']);
    assert.equal(told.code, 3);
    assert.equal(JSON.parse(told.out).error.details.code, 'fresh-proof-needed');
    assert.equal(told.err, '');
    assert.equal((await json('person', 'show', 'fay')).status, 'enrolling');
  });

  it('says so when someone was added, and their link was not to be had', async () => {
    catchUp(house);
    house.clock.advance(40 * SECOND);
    const { code, err } = await desk.run(['person', 'add', 'gus'], async (address) => {
      const asked = new URL(address).searchParams;
      const state = asked.get('state') ?? '';
      const no = { state, iss: `${house.origin}/oidc`, error: 'access_denied' };
      await fetch(`${asked.get('redirect_uri')}?${new URLSearchParams(no)}`);
    });
    assert.equal(code, 1);
    assert.match(err, /You were not let in.*gus is added, but has no link yet/s);
    assert.equal((await desk.run(['person', 'show', 'gus'])).code, 0);
  });

  it('says in one document of JSON who was added, when it was stopped before their link was to be had', async () => {
    for (const [name, ...more] of [['hal'], ['ida', '--no-wait']] as const) {
      catchUp(house);
      house.clock.advance(40 * SECOND);
      const { code, out } = await desk.run(['person', 'add', name, '--json', ...more], async () => {
        setImmediate(() => process.emit('SIGINT'));
      });
      assert.equal(code, 1, out);
      const { error } = JSON.parse(out);
      assert.match(
        error.what,
        /(?:You stopped it|--no-wait waits for none).* is added, but has no link yet\.$/s,
      );
      assert.match(error.mend, new RegExp(`pass issue ${name} makes one`));
      assert.equal(error.details.code, more.length === 0 ? undefined : 'fresh-proof-needed');
      const { id, ...added } = error.details.added;
      assert.deepEqual(added, { identifier: name, status: 'enrolling', roles: [], link: null });
      assert.equal((await json('person', 'show', name)).id, id);
    }
  });

  it('is refused with 3 where no policy permits it', async () => {
    const plain = await passkeyPerson(house, 'plain');
    catchUp(house);
    const theirs = openDesk({ SALLYPORT_AT: house.origin });
    const come = administering(house, house.browser(), plain);
    assert.equal((await theirs.run(['login', '--no-browser'], come)).code, 0);
    const { code, err } = await theirs.run(['person', 'list']);
    assert.equal(code, 3);
    assert.match(err, /This is not yours to do/);
    theirs.close();
  });

  it('is told of where a command works on the machine alone', async () => {
    for (const args of [
      ['config', 'check'],
      ['migrate'],
      ['doctor'],
      ['serve'],
      ['password'],
      ['bench'],
    ]) {
      const { code, err } = await desk.run(args);
      assert.equal(code, 2, args.join());
      assert.match(err, /works on this machine alone/);
    }
    const nowhere = openDesk();
    const { code, err } = await nowhere.run(['person', 'list', '--at', 'https://auth.example.com']);
    assert.equal(code, 3);
    assert.match(err, /not signed in at https:\/\/auth\.example\.com\.\nSign in: /);
    nowhere.close();
  });
});
