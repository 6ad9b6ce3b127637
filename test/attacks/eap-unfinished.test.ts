/** Messages in pieces whose last piece never comes, ten thousand of them: what a peer costs that has proven nothing (RFC 5216 §2.1.5). */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { EapRound } from '../../server/doors/radius/eap-seam.ts';
import type { NetworkClient } from '../../server/gate/network/network-words.ts';
import { type Certified, type EapHouse, openEapHouse } from '../eap/eap-house.ts';
import { createSupplicant } from '../support/eap-supplicant.ts';
import { count, events, eventsOf, onRecord } from '../support/events.ts';
import { addClient } from '../support/network.ts';

const MANY = 10_000;
const MOST = 4000;
const MOST_HELD = 4 * 2 ** 20;
const PIECE = 1400;

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
function inUse(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('messages that are never finished', () => {
  let opened: EapHouse;
  let sensor: Certified;
  let yard: NetworkClient;
  before(async () => {
    opened = await openEapHouse({ limits: { most: MOST, mostHeld: MOST_HELD } });
    sensor = await opened.device('sensor-1');
    yard = await addClient(opened.test, 'yard', '192.0.2.77');
  });
  after(() => opened.close());

  const named = Buffer.from('02070006016e', 'hex');
  function piece(identifier: number): Uint8Array {
    const bytes = new Uint8Array(10 + PIECE);
    bytes.set([2, identifier, bytes.length >>> 8, bytes.length & 0xff, 13, 0xc0, 0, 0, 0x70, 0]);
    return bytes;
  }
  async function leaveUnfinished(more: Partial<EapRound> = {}) {
    const answer = await opened.eap.begin(opened.round(named, more));
    assert.equal(answer.state, 'challenge');
    if (answer.state !== 'challenge') return;
    const round = opened.round(piece(answer.eap[1]!), more); // A header is there.
    const next = await opened.eap.continue(answer.conversation, round);
    assert.equal(next.state, 'challenge');
  }
  async function comesIn(client?: NetworkClient) {
    const tls = { ca: opened.root, cert: sensor.cert, key: sensor.key };
    const left = await eventsOf(opened.test, async () => {
      const met = await opened.meet(
        { identity: 'sensor-1', tls },
        client === undefined ? {} : { client },
      );
      assert.equal(met.state, 'accept');
    });
    const admitted = left.filter(({ type }) => type === 'network.admitted');
    assert.deepEqual(
      admitted.map(({ outcome, subject, data }) => [outcome, subject, data.client]),
      [['granted', sensor.id, (client ?? opened.client).device]],
    );
  }

  it('are held within bounds, and keep nobody out, there or elsewhere', async () => {
    const before = inUse();
    for (let i = 0; i < MANY; i++) {
      await leaveUnfinished({ station: `02-00-00-00-${i >>> 8}-${i & 0xff}` });
      assert.ok(opened.eap.held <= MOST_HELD, `${opened.eap.held} octets`);
      assert.ok(opened.eap.inFlight <= MOST, `${opened.eap.inFlight} conversations`);
      if (i % 2500 === 2499) {
        await comesIn();
        await comesIn(yard);
      }
    }
    const grown = inUse() - before;
    assert.ok(grown < 48 * 2 ** 20, `${grown} bytes`);
  });

  it('are let go of in time, and on record', async () => {
    assert.ok(opened.eap.inFlight > 0);
    opened.test.clock.advance(61_000);
    const before = count(await events(opened.test), 'network.unjudged');
    const left = await eventsOf(opened.test, async () => {
      opened.runLater();
      await onRecord(opened.test, 'network.unjudged', before + 10);
      await opened.test.house.counter.stop();
    });
    assert.deepEqual([opened.eap.inFlight, opened.eap.held], [0, 0]);
    const unfinished = left.filter(({ type }) => type === 'network.unjudged');
    assert.equal(unfinished.length, 10);
    for (const { reason, data, actor } of unfinished) {
      assert.deepEqual([reason, data.why, actor], ['idle', 'unfinished', opened.client.device]);
    }
    assert.ok(count(left, 'decision.counted', 'refused') >= 1, 'the others are counted');
  });

  it('are on record for each network device, however many another has', async () => {
    opened.test.clock.advance(61_000);
    await leaveUnfinished({ client: yard, station: '02-00-00-00-00-09' });
    for (let i = 0; i < 40; i++) await leaveUnfinished({ station: `02-00-00-00-01-${i}` });
    opened.test.clock.advance(31_000);
    const before = count(await events(opened.test), 'network.unjudged');
    const left = await eventsOf(opened.test, async () => {
      opened.runLater();
      await onRecord(opened.test, 'network.unjudged', before + 11);
      await opened.test.house.counter.stop();
    });
    const of = (client: NetworkClient) =>
      left.filter(({ type, actor }) => type === 'network.unjudged' && actor === client.device);
    assert.equal(of(yard).length, 1);
    assert.equal(of(opened.client).length, 10);
    await comesIn(yard);
  });

  it('are as few from one station as it can mean', async () => {
    for (let i = 0; i < 50; i++) await leaveUnfinished({ station: '02-00-00-00-00-01' });
    assert.equal(opened.eap.inFlight, 4);
    // What one network device says of a port is no word about another's.
    await leaveUnfinished({ station: '02-00-00-00-00-01', client: yard });
    assert.equal(opened.eap.inFlight, 5);
  });

  it('are made room for at the network device that has most of them', async () => {
    opened.test.clock.advance(31_000);
    opened.runLater();
    await leaveUnfinished({ client: yard });
    for (let i = 0; i < 2 * MOST; i++) await opened.eap.begin(opened.round(named));
    assert.equal(opened.eap.inFlight, MOST);
    assert.ok(opened.eap.held === PIECE, 'the one that waited elsewhere is still there');
  });

  it('and their pieces give way at the network device that has most of those', async () => {
    opened.test.clock.advance(31_000);
    opened.runLater();
    const answer = await opened.eap.begin(opened.round(named, { client: yard }));
    assert.ok(answer.state === 'challenge');
    const { conversation, eap } = answer;
    const more = { client: yard };
    const next = await opened.eap.continue(conversation, opened.round(piece(eap[1]!), more));
    assert.ok(next.state === 'challenge');
    const enough = Math.ceil(MOST_HELD / PIECE) + 10;
    for (let i = 0; i < enough; i++) {
      await leaveUnfinished({ station: `02-00-00-01-${i >>> 8}-${i & 0xff}` });
    }
    const last = await opened.eap.continue(conversation, opened.round(piece(next.eap[1]!), more));
    assert.equal(last.state, 'challenge', 'what was begun elsewhere goes on');
  });
});

describe('tunnels that are never finished', () => {
  const TUNNELS = 6;
  let opened: EapHouse;
  let sensor: Certified;
  let yard: NetworkClient;
  before(async () => {
    opened = await openEapHouse({ limits: { mostTunnels: TUNNELS } });
    sensor = await opened.device('sensor-1');
    yard = await addClient(opened.test, 'yard', '192.0.2.77');
  });
  after(() => opened?.close());

  /** As far as the server's own word in the tunnel; and what goes on from there. */
  async function begin(more: Partial<EapRound>) {
    const tls = { ca: opened.root, cert: sensor.cert, key: sensor.key };
    const supplicant = createSupplicant({ identity: 'sensor-1', tls });
    const who = new Uint8Array([2, 7, 0, 13, 1, ...Buffer.from('sensor-1')]);
    let answer = await opened.eap.begin(opened.round(who, more));
    async function step() {
      if (answer.state !== 'challenge') return false;
      const { conversation, eap } = answer;
      const said = await supplicant.answer(eap);
      if (said === undefined) return false;
      answer = await opened.eap.continue(conversation, opened.round(said, more));
      return true;
    }
    // What it says first may come in two pieces.
    assert.ok((await step()) && (await step()));
    return async () => {
      while (await step());
      supplicant.end();
      return answer.state;
    };
  }

  it('give way at the network device that has most of them, and keep nobody out elsewhere', async () => {
    const goOn = await begin({ client: yard, station: '02-00-00-00-00-09' });
    const left: (() => Promise<string>)[] = [];
    const seen = await eventsOf(opened.test, async () => {
      for (let i = 0; i < 3 * TUNNELS; i++) {
        left.push(await begin({ station: `02-00-00-00-02-${i}` }));
      }
      await onRecord(opened.test, 'network.unjudged', 1);
      assert.equal(await goOn(), 'accept');
    });
    assert.equal(count(seen, 'network.admitted', 'granted'), 1);
    const unfinished = seen.filter(({ type }) => type === 'network.unjudged');
    assert.ok(unfinished.every(({ actor }) => actor === opened.client.device));
    // Of those that came last there is still room for some.
    assert.equal(await left.at(-1)?.(), 'accept');
    assert.equal(await left[0]?.(), 'reject');
  });
});
