import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { createDisconnects } from '../../server/doors/radius/disconnects.ts';
import type { NetworkClient, NetworkSession } from '../../server/gate/network/network-words.ts';
import { createIds } from '../../server/kernel/id.ts';
import { CODE, type Packet, readPacket } from '../../server/wire/radius/packet.ts';
import { createSharedSecret } from '../../server/wire/radius/shared-secret.ts';
import { textOf } from '../../server/wire/radius/values.ts';
import { manualClock } from '../support/clock.ts';
import { att } from '../support/radius-client.ts';
import { loggedIn, nas, openRadiusDoor, SECRET } from '../support/radius-door.ts';
import { seededRandom } from '../support/random.ts';
import { shortLater } from '../support/short-later.ts';

const secret = createSharedSecret(SECRET);
const ids = createIds(manualClock(), seededRandom('disconnects'));
const session = (): NetworkSession => ({
  id: loggedIn().session,
  client: nas(),
  address: '127.0.0.1',
  name: 'ada',
  deviceSession: '0000001A',
  station: '02-00-5E-10-00-01',
  port: undefined,
});

type Answers = (request: Packet, times: number) => Uint8Array | undefined;

/** A network device that takes Disconnect-Requests, and answers as it is told to. */
async function listening(answers: Answers) {
  const socket = createSocket('udp4');
  const heard: Packet[] = [];
  socket.on('message', (bytes, { port, address }) => {
    const read = readPacket(new Uint8Array(bytes));
    assert.ok(read.ok);
    heard.push(read.value);
    const answer = answers(read.value, heard.length);
    if (answer !== undefined) socket.send(answer, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const close = () => new Promise<void>((resolve) => socket.close(() => resolve()));
  return { port: socket.address().port, heard, close };
}

const soon = {
  clock: manualClock(),
  later: shortLater(() => 50),
  notice: () => {},
};

describe('ending a session at a network device', () => {
  it('is asked for in a signed request that names it, and believed when the answer is signed', async (t) => {
    const device = await listening((request) => secret.answer(request, CODE.disconnectAck, []));
    t.after(device.close);
    assert.equal((await createDisconnects(soon, device.port).end(session())).answer, 'done');
    const [request] = device.heard;
    assert.ok(request);
    assert.equal(secret.checkRequest(request, 'first'), undefined);
    assert.equal(textOf(request, 1), 'ada');
    assert.equal(textOf(request, 44), '0000001A');
    assert.equal(textOf(request, 31), '02-00-5E-10-00-01');
  });

  it('is asked for again while nothing is heard, in the same words', async (t) => {
    const device = await listening((request, times) =>
      times < 3 ? undefined : secret.answer(request, CODE.disconnectAck, []),
    );
    t.after(device.close);
    assert.equal((await createDisconnects(soon, device.port).end(session())).answer, 'done');
    const texts = device.heard.map(({ bytes }) => Buffer.from(bytes).toString('hex'));
    assert.equal(texts.length, 3);
    assert.equal(new Set(texts).size, 1);
  });

  it('is heard by a device that still has the secret before, while both are taken', async (t) => {
    const before = nas({ secret: new TextEncoder().encode('the secret of before, long enough') });
    const old = createSharedSecret(before.secret ?? new Uint8Array());
    const device = await listening((request) =>
      old.checkRequest(request, 'first') === undefined
        ? old.answer(request, CODE.disconnectAck, [])
        : undefined,
    );
    t.after(device.close);
    const disconnects = createDisconnects(soon, device.port);
    assert.equal((await disconnects.end({ ...session(), client: nas({ before }) })).answer, 'done');
    assert.equal((await disconnects.end(session())).answer, 'unanswered', 'not when it is over');
  });

  it('is not done when the answer is forged, of another request, or no', async (t) => {
    const forged = createSharedSecret(new TextEncoder().encode('another secret'));
    const cases: readonly (readonly [Answers, string])[] = [
      [(request) => forged.answer(request, CODE.disconnectAck, []), 'unanswered'],
      [
        (request) =>
          secret.answer(
            { ...request, identifier: 255 - request.identifier },
            CODE.disconnectAck,
            [],
          ),
        'unanswered',
      ],
      [(request) => secret.answer(request, CODE.accessAccept, []), 'unanswered'],
      [(request) => secret.answer(request, CODE.disconnectNak, []), 'refused'],
      // RFC 5176 §3.5: 503 is a session that is not there.
      [(request) => secret.answer(request, CODE.disconnectNak, [att('Error-Cause', 503)]), 'done'],
      [() => undefined, 'unanswered'],
    ];
    for (const [answers, outcome] of cases) {
      const device = await listening(answers);
      t.after(device.close);
      assert.equal((await createDisconnects(soon, device.port).end(session())).answer, outcome);
    }
  });

  it('waits for no device that takes long over TLS, and asks nobody any more once it is stopped', async (t) => {
    const device = await listening((request) => secret.answer(request, CODE.disconnectAck, []));
    t.after(device.close);
    const asked: string[] = [];
    const disconnects = createDisconnects(
      {
        ...soon,
        overTls: ({ client }, _request, underWay) =>
          new Promise((resolve) => {
            asked.push(client.name);
            underWay.add(() => resolve({ answer: 'unanswered' }));
          }),
      },
      device.port,
    );
    const { secret: _none, ...silent } = nas({ name: 'silent' });
    const { secret: _it, ...next } = nas({ name: 'next', device: ids.next() });
    const over = (client: Omit<NetworkClient, 'secret'>) =>
      disconnects.end({
        ...session(),
        client: { ...client, secret: undefined },
        byCertificate: true,
      });
    const ends = [...Array.from({ length: 100 }, () => over(silent)), over(next)];
    assert.equal((await disconnects.end(session())).answer, 'done');
    const begun = [...Array<string>(16).fill('silent'), 'next'];
    assert.deepEqual(asked, begun);
    disconnects.stop();
    const told = (await Promise.all(ends)).map(({ answer }) => answer);
    const [unanswered, untold] = ['unanswered', 'not-told'];
    assert.equal(told.filter((answer) => answer === unanswered).length, begun.length);
    assert.equal(told.filter((answer) => answer === untold).length, ends.length - begun.length);
    assert.deepEqual(asked, begun);
  });

  it('follows from what the gate says has ended', async (t) => {
    const device = await listening((request) => secret.answer(request, CODE.disconnectAck, []));
    t.after(device.close);
    const house = await openRadiusDoor({}, { dynamicAuthorization: { port: device.port } });
    t.after(house.close);
    house.end(session());
    while (device.heard.length === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(device.heard[0]?.code, CODE.disconnectRequest);
  });
});
