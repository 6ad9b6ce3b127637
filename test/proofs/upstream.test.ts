/** What somebody else's RADIUS server judges: believed when it is signed, and closed on everything else. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { type Clock, systemClock } from '../../server/kernel/clock.ts';
import type { PersonId } from '../../server/kernel/id.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import { createDatagramExchange } from '../../server/main/datagram-exchange.ts';
import { createAskUpstream } from '../../server/proofs/upstream/ask-upstream.ts';
import { createUpstream } from '../../server/proofs/upstream/upstream.ts';
import { attribute, CODE, type Packet, readPacket, TYPE } from '../../server/wire/radius/packet.ts';
import { createSharedSecret } from '../../server/wire/radius/shared-secret.ts';
import { textOf } from '../../server/wire/radius/values.ts';
import { manualClock } from '../support/clock.ts';
import { shortLater } from '../support/short-later.ts';
import { openProofHouse, type ProofHouse } from './proof-house.ts';

const secret = createSharedSecret(new TextEncoder().encode('shared with the company'));
const forger = createSharedSecret(new TextEncoder().encode('guessed'));

type Judge = (request: Packet, times: number) => readonly (Uint8Array | undefined)[];

/** A RADIUS server of somebody else's. */
async function upstream(judge: Judge) {
  const socket = createSocket('udp4');
  const heard: Packet[] = [];
  socket.on('message', (bytes, { address, port }) => {
    const read = readPacket(new Uint8Array(bytes));
    assert.ok(read.ok);
    heard.push(read.value);
    for (const answer of judge(read.value, heard.length)) {
      if (answer !== undefined) socket.send(answer, port, address);
    }
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const close = () => new Promise<void>((resolve) => socket.close(() => resolve()));
  return { place: { host: '127.0.0.1', port: socket.address().port }, heard, close };
}

/** Ada has 755224 there. */
const honest: Judge = (request) => {
  const hidden = attribute(request, TYPE.userPassword);
  const shown = hidden && secret.showPassword(hidden, request.authenticator);
  const right =
    textOf(request, 1) === 'ada' &&
    shown !== undefined &&
    Buffer.from(shown).toString() === '755224';
  return [secret.answer(request, right ? CODE.accessAccept : CODE.accessReject, [])];
};
const unsigned = (request: Packet, code: 2 | 3): Uint8Array => {
  const signed = secret.answer(request, code, []);
  assert.ok(signed);
  const bare = signed.slice(0, 20);
  bare.set([0, 20], 2);
  const sum = createHash('md5').update(bare.subarray(0, 4)).update(request.authenticator);
  bare.set(sum.update('shared with the company').digest(), 4);
  return bare;
};
const later = shortLater((milliseconds) => milliseconds);

describe('an upstream RADIUS server', () => {
  let house: ProofHouse;
  let ada: PersonId;
  before(async () => {
    house = await openProofHouse();
    ada = await house.person();
  });
  after(() => house.close());

  const asking = (
    servers: readonly { host: string; port: number }[],
    more: { unsigned?: boolean; tries?: number } = {},
    clock: Clock = systemClock(),
  ) =>
    createAskUpstream(
      { secret, random: systemRandom(), clock, exchange: createDatagramExchange(later) },
      { servers, timeout: 200, tries: 2, unsigned: false, ...more },
    );

  it('is asked in a signed request, and its signed yes and no count', async (t) => {
    const server = await upstream(honest);
    t.after(server.close);
    const ask = asking([server.place]);
    assert.equal(await ask('ada', '755224'), 'yes');
    assert.equal(await ask('ada', '755225'), 'no');
    assert.equal(await ask('eve', '755224'), 'no');
    for (const request of server.heard)
      assert.equal(secret.checkRequest(request, 'first'), undefined);
    const authenticators = server.heard.map(({ authenticator }) => authenticator.join());
    assert.equal(new Set(authenticators).size, 3);
  });

  it('says nothing by an answer that is forged, unsigned, or of another question; the true one after it counts', async (t) => {
    const accept = CODE.accessAccept;
    const lies: readonly ((request: Packet) => Uint8Array | undefined)[] = [
      (request) => forger.answer(request, accept, []),
      (request) => unsigned(request, accept),
      (request) => secret.answer({ ...request, authenticator: new Uint8Array(16) }, accept, []),
      (request) => secret.answer({ ...request, identifier: request.identifier ^ 1 }, accept, []),
      () => new Uint8Array([2, 0, 0, 4]),
    ];
    for (const lie of lies) {
      const alone = await upstream((request) => [lie(request)]);
      t.after(alone.close);
      assert.equal(await asking([alone.place])('ada', '755224'), 'nothing');
      const before = await upstream((request, times) => [lie(request), ...honest(request, times)]);
      t.after(before.close);
      assert.equal(await asking([before.place])('ada', '000000'), 'no');
      assert.equal(await asking([before.place])('ada', '755224'), 'yes');
    }
    const lax = await upstream((request) => [unsigned(request, accept)]);
    t.after(lax.close);
    assert.equal(
      await asking([lax.place], { unsigned: true })('ada', 'x'),
      'yes',
      'where it is set',
    );
  });

  it('is asked again with the same packet, and the next one where it is silent', async (t) => {
    const silent = await upstream(() => []);
    const second = await upstream(honest);
    t.after(silent.close);
    t.after(second.close);
    assert.equal(await asking([silent.place, second.place])('ada', '755224'), 'yes');
    assert.equal(silent.heard.length, 2);
    assert.deepEqual(silent.heard[0]?.bytes, silent.heard[1]?.bytes);
  });

  it('refuses while it is down, and that is no guess; nor is a challenge a yes', async (t) => {
    const server = await upstream(honest);
    const module = createUpstream(
      house.deps,
      { name: 'Token', oneTime: true },
      asking([server.place]),
    );
    const enrolling = await house.enrolling(ada, { account: 'ada' });
    const begun = await module.beginEnrolment(enrolling, {});
    assert.ok(begun.ok);
    const wrong = await module.finishEnrolment(enrolling, begun.value.state, { code: '000000' });
    assert.deepEqual(wrong, { ok: false, error: { code: 'wrong' } });
    const ready = await module.finishEnrolment(enrolling, begun.value.state, { code: '755224' });
    assert.ok(ready.ok);
    await house.store.write((tx) => ready.value.commit(tx));
    const verify = async (code: string) => {
      const held = await house.held(ada);
      const { box } = await house.enrolling(ada);
      return house.store.read((q) => module.verify(q, held, box, { code }, house.moment()));
    };
    assert.equal((await verify('755224')).sound, true);
    const refused = await verify('755225');
    assert.ok(!refused.sound && refused.reason === 'wrong');
    await server.close();
    const down = await verify('755224');
    assert.ok(!down.sound && down.reason === 'busy');
    const challenging = await upstream((request) => [
      secret.answer(request, CODE.accessChallenge, []),
    ]);
    t.after(challenging.close);
    assert.equal(await asking([challenging.place])('ada', '755224'), 'no');
  });

  it('that says nothing to wrong codes counts them as guesses, as long as it answers anything else', async (t) => {
    const clock = manualClock();
    let [status, codes] = [true, 'right' as 'right' | 'none'];
    const server = await upstream((request, times) => {
      clock.advance(1);
      if (request.code === CODE.statusServer) {
        return status ? [secret.answer(request, CODE.accessAccept, [])] : [];
      }
      const [answer] = honest(request, times);
      return answer?.[0] === CODE.accessAccept && codes === 'right' ? [answer] : [];
    });
    t.after(server.close);
    const ask = asking([server.place], { tries: 1 }, clock);
    assert.equal(await ask('ada', '755224'), 'yes');
    assert.equal(await ask('ada', '000000'), 'silence');
    clock.advance(3600_000);
    assert.equal(await ask('ada', '000000'), 'silence', 'it says that it is there');
    // Down: it said before that it was there, and says so no more.
    status = false;
    codes = 'none';
    assert.equal(await ask('ada', '755224'), 'nothing');
    clock.advance(3600_000);
    assert.equal(await ask('ada', '755224'), 'nothing');
    // Up again, for others.
    codes = 'right';
    const [slow, other] = await Promise.all([ask('ada', '000000'), ask('ada', '755224')]);
    assert.deepEqual([slow, other], ['silence', 'yes']);
  });

  it('that knows no Status-Server is there for a minute after its last answer', async (t) => {
    const clock = manualClock();
    const server = await upstream((request, times) => {
      const [answer] = request.code === CODE.statusServer ? [] : honest(request, times);
      return answer?.[0] === CODE.accessAccept ? [answer] : [];
    });
    t.after(server.close);
    const ask = asking([server.place], { tries: 1 }, clock);
    assert.equal(await ask('ada', '000000'), 'nothing');
    assert.equal(await ask('ada', '755224'), 'yes');
    clock.advance(59_000);
    assert.equal(await ask('ada', '000000'), 'silence');
    clock.advance(1_000);
    assert.equal(await ask('ada', '000000'), 'nothing');
  });

  it('whose forged answer to Status-Server comes is not there', async (t) => {
    const server = await upstream((request) =>
      request.code === CODE.statusServer ? [forger.answer(request, CODE.accessAccept, [])] : [],
    );
    t.after(server.close);
    assert.equal(await asking([server.place], { tries: 1 })('ada', '000000'), 'nothing');
  });

  it('lets nobody set it up where none is configured', async () => {
    const module = createUpstream(house.deps, { name: 'Token', oneTime: true }, undefined);
    const enrolling = await house.enrolling(ada, { held: [] });
    const begun = await module.beginEnrolment(enrolling, {});
    assert.ok(!begun.ok && begun.error.code === 'not-allowed');
    assert.ok(!module.assign(enrolling, 'ada', 0).ok);
  });
});
