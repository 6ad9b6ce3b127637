/**
 * An identity for a program that is not the one: another user's (T1134, T1552.005), another file in the place of the right one
 * (T1036.005, T1574), one that reuses a number, and a request that a program was tricked into (SPIFFE_Workload_Endpoint §4.1: what
 * can be made to fetch an address can't be made to set this header). In each: the right one gets it, the wrong one does not,
 * and the record says so.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, chmodSync, copyFileSync, readFileSync, renameSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createLookAtCaller } from '../../server/doors/spiffe/caller.ts';
import {
  createAskPeers,
  type PeerCredentials,
} from '../../server/doors/spiffe/peer-credentials.ts';
import type { Caller } from '../../server/gate/use-cases/workloads/caller.ts';
import { eventsOf } from '../support/events.ts';
import { addProcess } from '../support/processes.ts';
import { OWN_UID, openSpiffeHouse, type SpiffeHouse } from '../support/spiffe-house.ts';

const STRANGER = 61_234;
const IDENTITY = 'identity of spiffe://localhost/process/billing';
const DENIED = 'status 7';

describe('an identity of a process', {
  skip: process.platform !== 'linux' && 'only Linux tells who calls',
}, () => {
  let test: SpiffeHouse;
  let change: (peer: PeerCredentials) => PeerCredentials = (peer) => peer;
  let see: (caller: Caller) => Caller = (caller) => caller;
  let count = () => {};
  let hold = async (_peer: PeerCredentials) => {};
  const ask = createAskPeers();
  const look = createLookAtCaller();

  beforeEach(async () => {
    change = (peer) => peer;
    see = (caller) => caller;
    count = () => {};
    hold = async () => {};
    test = await openSpiffeHouse({
      lookAt: async (peer) => {
        await hold(peer);
        const caller = await look(peer);
        return caller && see(caller);
      },
      askPeers: async (descriptors) => {
        count();
        return (await ask(descriptors)).map((peer) => peer && change(peer));
      },
    });
    // As a folder of the system's would be: who may come to the socket says nothing of who gets anything there.
    chmodSync(test.folder, 0o755);
  });
  afterEach(() => test.close());

  /** The right program gets it, and the record says which and for whom. */
  async function attested(
    process: { readonly id: string },
    as: Parameters<typeof test.callBy>[0] = {},
  ) {
    const seen = await eventsOf(test, async () => assert.equal(await test.callBy(as), IDENTITY));
    const told = seen.filter(({ type }) => type.startsWith('workload.'));
    assert.deepEqual(
      told.map(({ type, outcome, subject, door, data }) => [
        `${type} ${outcome}`,
        subject,
        door,
        data.uid,
      ]),
      [['workload.attested granted', process.id, 'spiffe', as.uid ?? OWN_UID]],
    );
  }
  /** Another gets none, and the record says who it was. */
  const denied = async (as: Parameters<typeof test.callBy>[0] = {}, known = true) =>
    assert.deepEqual(await refusals(async () => assert.equal(await test.callBy(as), DENIED)), [
      { reason: 'unknown-subject', uid: known ? (as.uid ?? OWN_UID) : undefined },
    ]);
  const refusals = async (work: () => Promise<unknown>) =>
    (await eventsOf(test, work))
      .filter(({ type }) => type.startsWith('workload.'))
      .map(({ type, outcome, door, reason, data }) => {
        assert.deepEqual([type, outcome, door], ['workload.refused', 'refused', 'spiffe']);
        return { reason, uid: data.uid };
      });

  it('is for the user that it was registered for', async () => {
    const billing = await addProcess(test, 'billing');
    await test.register(billing, `uid:${OWN_UID + 1}`);
    await denied();
    await test.register(billing, `uid:${OWN_UID}`);
    await attested(billing);
  });

  it('is not for another user of the machine', { skip: OWN_UID !== 0 }, async () => {
    const billing = await addProcess(test, 'billing');
    await test.register(billing, `uid:${OWN_UID}`, `path:${process.execPath}`);
    await attested(billing);
    await denied({ uid: STRANGER });
    await test.register(billing, `uid:${STRANGER}`);
    await attested(billing, { uid: STRANGER });
  });

  it('is not for another user in the same unit, nor for that user in another', {
    skip: OWN_UID !== 0,
  }, async () => {
    const billing = await addProcess(test, 'billing');
    await test.register(billing, `uid:${OWN_UID}`, 'unit:billing.service');
    see = (caller) => ({ ...caller, unit: 'billing.service' });
    await attested(billing);
    await denied({ uid: STRANGER });
    see = (caller) => ({ ...caller, unit: 'other.service' });
    await denied();
  });

  it('is not for a file that was put in the place of the right one', async () => {
    const executable = join(test.folder, 'billing');
    copyFileSync(process.execPath, executable);
    const billing = await addProcess(test, 'billing');
    const sha256 = hash('sha256', readFileSync(executable), 'hex');
    await test.register(billing, `uid:${OWN_UID}`, `path:${executable}`, `sha256:${sha256}`);
    test.clock.advance(60_000);
    await attested(billing, { executable });

    const other = join(test.folder, 'other');
    copyFileSync(executable, other);
    appendFileSync(other, 'and more');
    await denied({ executable: other });
    renameSync(executable, join(test.folder, 'kept'));
    renameSync(other, executable);
    test.clock.advance(60_000);
    await denied({ executable });
    renameSync(join(test.folder, 'kept'), executable);
    test.clock.advance(60_000);
    await attested(billing, { executable });
  });

  it('is not for another process that has the number of the one that connected', async () => {
    const billing = await addProcess(test, 'billing');
    await test.register(billing, `uid:${OWN_UID}`);
    change = (peer) => ({ ...peer, start: String(Number(peer.start) + 1) });
    test.clock.advance(60_000);
    await denied({}, false);
    change = (peer) => ({ ...peer, pid: process.pid });
    test.clock.advance(60_000);
    await denied({}, false);
    change = (peer) => peer;
    test.clock.advance(60_000);
    await attested(billing);
  });

  it('is by the user alone where the kernel can’t say whose number it is', async () => {
    const billing = await addProcess(test, 'billing');
    const more = await test.register(billing, `uid:${OWN_UID}`, `path:${process.execPath}`);
    test.clock.advance(60_000);
    await attested(billing);
    change = (peer) => ({ ...peer, start: undefined });
    test.clock.advance(60_000);
    await denied();
    await test.house.store.write((tx) => test.house.workloads.remove(tx, more.id, { door: 'cli' }));
    await test.register(billing, `uid:${OWN_UID}`);
    test.clock.advance(60_000);
    await attested(billing);
  });

  it('is not told to a request without the header', async () => {
    const billing = await addProcess(test, 'billing');
    await test.register(billing, `uid:${OWN_UID}`);
    const calls = [
      'FetchX509SVID',
      'FetchX509Bundles',
      'FetchJWTSVID',
      'FetchJWTBundles',
      'ValidateJWTSVID',
    ];
    for (const call of calls) {
      const seen = await refusals(async () => {
        await assert.rejects(test.client.ask(call, { audience: ['a'] }, {}), { code: 3 });
        await assert.rejects(test.client.ask(call, {}, { 'workload.spiffe.io': 'false' }), {
          code: 3,
        });
      });
      assert.deepEqual(seen, [{ reason: 'malformed', uid: OWN_UID }], call);
    }
    assert.equal((await test.client.ask('FetchX509SVID')).svids.length, 1);
  });

  it('is kept from nobody by a user who takes many places', { skip: OWN_UID !== 0 }, async () => {
    const billing = await addProcess(test, 'billing');
    await test.register(billing, `uid:${STRANGER}`);
    const open = Array.from({ length: 300 }, () => connect(test.socket));
    const closed = open.map((socket) => {
      socket.on('error', () => {});
      socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0');
      socket.resume();
      return new Promise((resolve) => socket.on('close', resolve));
    });
    // What is too many is closed; none of the others is, until they are.
    await Promise.race(closed);
    assert.equal(await test.callBy({ uid: STRANGER }), IDENTITY);
    for (const socket of open) socket.destroy();
  });

  it('is kept from nobody by a user who connects again and again: one helper asks for all who wait', async () => {
    const billing = await addProcess(test, 'billing');
    await test.register(billing, `uid:${OWN_UID}`);
    let helpers = 0;
    count = () => {
      helpers += 1;
    };
    const open = Array.from({ length: 200 }, () => connect(test.socket));
    await Promise.all(open.map((socket) => once(socket, 'connect')));
    const told = await test.callBy({});
    for (const socket of open) socket.destroy();
    assert.equal(told, IDENTITY);
    assert.ok(helpers <= 10, `${helpers} helpers for 201 connections`);
  });

  it('is kept from nobody by a user who asks for very much at once', {
    skip: OWN_UID !== 0,
  }, async () => {
    const billing = await addProcess(test, 'billing');
    await test.register(billing, `uid:${STRANGER}`);
    await test.register(billing, `uid:${OWN_UID}`);
    const held = Promise.withResolvers<void>();
    let looked = 0;
    hold = async ({ uid }) => {
      if (uid !== OWN_UID) return;
      looked += 1;
      await held.promise;
    };
    const asked = Array.from({ length: 16 }, () =>
      test.client.ask('FetchJWTSVID', { audience: ['bills'] }),
    );
    assert.equal(await test.callBy({ uid: STRANGER }), IDENTITY);
    assert.equal(looked, 8, 'the rest of them wait for these');
    held.resolve();
    for (const { svids } of await Promise.all(asked)) assert.equal(svids.length, 1);
    assert.equal(looked, 16);
  });

  it('fills no disk: ever new audiences are on record so many times in a minute, and counted', async () => {
    const billing = await addProcess(test, 'billing');
    await test.register(billing, `uid:${OWN_UID}`);
    const seen = await eventsOf(test, async () => {
      for (let each = 0; each < 150; each++) {
        await test.client.ask('FetchJWTSVID', { audience: [`audience-${each}`] });
      }
    });
    assert.equal(seen.filter(({ type }) => type === 'workload.attested').length, 120);
    test.clock.advance(60_000);
    const later = await eventsOf(test, () =>
      test.client.ask('FetchJWTSVID', { audience: ['audience-later'] }),
    );
    assert.equal(later.filter(({ type }) => type === 'workload.attested').length, 1);
  });

  it('is not for a file alone, which anyone can run and look into', async () => {
    const billing = await addProcess(test, 'billing');
    const add = (...selectors: string[]) =>
      test.house.store.write((tx) =>
        test.house.workloads.add(tx, billing.id, selectors, { door: 'cli' }),
      );
    const codeOf = async (...selectors: string[]) => {
      const added = await add(...selectors);
      return added.ok ? 'added' : added.error.code;
    };
    assert.equal(await codeOf(`path:${process.execPath}`), 'anyones');
    assert.equal(await codeOf(`sha256:${'0'.repeat(64)}`), 'anyones');
    assert.equal(await codeOf(), 'anyones');
    assert.equal(await codeOf('uid:65534'), 'malformed');
    assert.equal(await codeOf('uid:01'), 'malformed');
    assert.equal(await codeOf('uid:1', 'uid:2'), 'twice');
    assert.equal(await codeOf('unit:a.slice'), 'malformed');
    assert.equal(await codeOf('unit:billing.service', `path:${process.execPath}`), 'added');
    assert.equal(await codeOf(`path:${process.execPath}`, 'unit:billing.service'), 'held-already');
  });
});
