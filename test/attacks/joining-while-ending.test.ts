/**
 * Whoever comes onto a network by a CA of others in the moment in which that is distrusted is not let in, or is put out: what their
 * certificate was judged by is what it rests on until it is written down (T1649, CWE-367).
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addClient, addDevice, networkArrival } from '../support/network.ts';

const BY = { door: 'cli' } as const;

describe('onto the network by a CA that is distrusted at that moment', () => {
  let test: TestHouse;
  before(async () => {
    test = await openTestHouse();
  });
  after(() => test.close());

  it('nobody stays, and whoever comes while it is trusted does', async (t) => {
    const { store, authority, deviceProofs, gate } = test.house;
    const port = await addClient(test, 'floor');
    const scanner = await addDevice(test, 'scanner', { kind: 'other' });
    const now = test.clock.now();
    const lasts = { from: new Date(now - 86_400_000), to: new Date(now + 86_400_000) };
    const ca = makeCertificate({ subject: { CN: 'Machines' }, authority: true, ...lasts });
    const wish = { subject: { CN: 'scanner' }, authority: false, forClients: true, ...lasts };
    const leaf = makeCertificate(wish, ca);
    const trusting = { name: 'Machines', trustedFor: ['device'], certificates: [ca.der] } as const;
    assert.ok((await store.write((tx) => authority.trusted.add(tx, trusting, BY))).ok);
    const held = { name: 'Machines', authority: 'Machines', named: 'scanner' } as const;
    const proof = { kind: 'certificate', ...held } as const;
    assert.ok((await store.write((tx) => deviceProofs.add(tx, scanner, proof, BY))).ok);
    const join = async () => {
      const joining = { certificate: [leaf.der], service: 'wired' };
      await gate.network.admit(joining, port, networkArrival(test, port));
      await gate.settleNetwork();
    };
    const stays = async () =>
      (await store.read((q) => gate.networkSessions.list(q, { limit: 10 }))).length;
    const done = await eventsOf(test, join);
    assert.deepEqual([count(done, 'network.admitted', 'granted'), await stays()], [1, 1]);

    const distrust = () => store.write((tx) => authority.trusted.remove(tx, 'Machines', BY));
    const { judge } = authority;
    if (store.dialect === 'postgres') {
      t.mock.method(
        authority,
        'judge',
        async (...asked: Parameters<typeof judge>) => {
          const judged = await judge(...asked);
          await distrust();
          return judged;
        },
        { times: 1 },
      );
    }
    const left = await eventsOf(test, async () => {
      // SQLite has one writer: there it is before, or after.
      if (store.dialect === 'sqlite') await distrust();
      await join();
    });
    assert.equal(await stays(), 0);
    assert.equal(count(left, 'authority.untrusted', 'done'), 1);
    assert.deepEqual([count(left, 'network.admitted'), count(left, 'network.refused')], [0, 1]);
  });
});
