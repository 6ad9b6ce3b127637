/** What policies say of SSH certificates: read, and put together where several permit the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromHere, inAllOf } from '../../server/gate/use-cases/ssh/ssh-sources.ts';
import { parseNetworks } from '../../server/kernel/networks.ts';
import { loadCedar } from '../../server/policy/cedar.ts';
import { readPolicies } from '../../server/policy/policy-files.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import {
  readSshTerms,
  type SshTerms,
  sshAllowances,
  sshTermsFor,
} from '../../server/policy/ssh-terms.ts';

function terms(text: string): SshTerms {
  const read = readSshTerms(text);
  assert.ok(read.ok && read.value !== undefined, text);
  return read.value;
}

test('terms say accounts, minutes, networks, what is allowed, and a command that is all that follows', () => {
  assert.deepEqual(
    terms(
      'accounts=deploy,self minutes=10 source=10.0.0.0/8,here,2001:db8::/32 allow=pty,user-rc command=/bin/sh -c "a b" command=c',
    ),
    {
      accounts: ['deploy', 'self'],
      minutes: 10,
      sources: ['10.0.0.0/8', 'here', '2001:db8::/32'],
      allow: ['pty', 'user-rc'],
      command: '/bin/sh -c "a b" command=c',
    },
  );
  assert.deepEqual(terms('accounts=root'), {
    accounts: ['root'],
    minutes: 5,
    sources: [],
    allow: [],
    command: undefined,
  });
  assert.deepEqual(readSshTerms(''), { ok: true, value: undefined });
});

test('terms that could be read in two ways, or ask too much, are errors', () => {
  for (const wrong of [
    'minutes=5',
    'accounts=',
    'accounts=root,',
    'accounts=Root',
    'accounts=root@web1',
    'accounts=../root',
    'accounts=root accounts=deploy',
    'accounts=root minutes=0',
    'accounts=root minutes=61',
    'accounts=root minutes=5.5',
    'accounts=root source=10.0.0.0/33',
    'accounts=root source=everywhere',
    'accounts=root source=10.0.0.0/8/8',
    'accounts=root allow=everything',
    'accounts=root pty',
    'accounts=root command=',
    'accounts=root command=a\nb',
    `accounts=root command=${'x'.repeat(513)}`,
    'command=/bin/true',
  ]) {
    assert.equal(readSshTerms(wrong).ok, false, wrong);
  }
});

test('a policy with wrong terms is told of by file and line, and becomes no policy', () => {
  const text =
    '@id("a") @because("b") @ssh("accounts=Root") permit (principal, action == Action::"logIn", resource);';
  const read = readPolicies(loadCedar(), { ...shippedPolicies(), 'mine.cedar': text });
  assert.equal(read.problems.length, 1);
  assert.match(JSON.stringify(read.problems[0]), /mine\.cedar.*Root/);
});

const some = fc.record({
  accounts: fc.uniqueArray(fc.constantFrom('root', 'deploy', 'backup'), { minLength: 1 }),
  minutes: fc.integer({ min: 1, max: 60 }),
  sources: fc.uniqueArray(fc.constantFrom('10.0.0.0/8', '10.1.0.0/16', '192.0.2.1'), {
    maxLength: 2,
  }),
  allow: fc.uniqueArray(fc.constantFrom(...sshAllowances)),
  command: fc.constantFrom(undefined, undefined, '/bin/a', '/bin/b'),
});

test('several policies together never give more than any one of them', () => {
  fc.assert(
    fc.property(fc.array(some, { maxLength: 4 }), (all) => {
      const offering = all.filter(({ accounts }) => accounts.includes('root'));
      const together = sshTermsFor(all, 'root');
      const commands = new Set(offering.flatMap(({ command }) => command ?? []));
      assert.equal(together === undefined, offering.length === 0 || commands.size > 1);
      if (together === undefined) return;
      for (const one of offering) {
        assert.ok(together.minutes <= one.minutes);
        assert.ok(together.allow.every((word) => one.allow.includes(word)));
        if (one.command !== undefined) assert.equal(together.command, one.command);
      }
      const sources = inAllOf(together.sources);
      for (const address of ['10.0.0.1', '10.1.0.1', '192.0.2.1', '198.51.100.1']) {
        const everywhere: boolean = together.sources.every((list) => lies(address, list));
        const given: boolean =
          sources !== undefined && (together.sources.length === 0 || lies(address, sources));
        assert.equal(given, everywhere, address);
      }
    }),
  );
});

function lies(address: string, networks: readonly string[]): boolean {
  const read = parseNetworks(networks);
  assert.ok(read.ok);
  return read.value(address);
}

test('“here” is where they are', () => {
  assert.deepEqual(fromHere(['here', '10.0.0.0/8'], '192.0.2.7'), ['192.0.2.7', '10.0.0.0/8']);
  assert.equal(inAllOf([['192.0.2.7'], ['10.0.0.0/8']]), undefined);
  assert.deepEqual(inAllOf([['10.0.0.7'], ['10.0.0.0/8']]), ['10.0.0.7']);
  assert.deepEqual(inAllOf([]), []);
});
