/** Somebody else's RADIUS server, as Duo, SafeNet and RSA run one: it knows one name and one code, and says what it is told to. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { attribute, CODE, type Packet, readPacket, TYPE } from '../../server/wire/radius/packet.ts';
import { createSharedSecret } from '../../server/wire/radius/shared-secret.ts';
import { textOf } from '../../server/wire/radius/values.ts';
import type { TestHouse } from '../support/house.ts';
import { addPerson, comeWithPass, enrol, issuePass, PASSWORD } from '../support/people.ts';
import { cheapSettings } from '../support/settings.ts';

const KEY = 'what we share with the company';
export const RIGHT = '755224';

export async function openCompany(account = 'bob') {
  const secret = createSharedSecret(new TextEncoder().encode(KEY));
  const socket = createSocket('udp4');
  const company = {
    says: 'honest' as 'honest' | 'silent' | 'forged' | 'dropping',
    account,
    /** The names that it was asked about. */
    asked: [] as string[],
    /** Settings of a house that asks it. */
    settings: cheapSettings(),
    close: () => socket.close(),
  };
  function judge(request: Packet): Uint8Array | undefined {
    const name = textOf(request, 1) ?? '';
    company.asked.push(name);
    const hidden = attribute(request, TYPE.userPassword);
    const shown = hidden && secret.showPassword(hidden, request.authenticator);
    const right = name === company.account && Buffer.from(shown ?? []).toString() === RIGHT;
    if (company.says === 'silent') return undefined;
    if (company.says === 'dropping') {
      const there = right || request.code === CODE.statusServer;
      return there ? secret.answer(request, CODE.accessAccept, []) : undefined;
    }
    if (company.says === 'honest') {
      return secret.answer(request, right ? CODE.accessAccept : CODE.accessReject, []);
    }
    const other = createSharedSecret(new TextEncoder().encode('a guess'));
    return other.answer(request, CODE.accessAccept, []);
  }
  socket.on('message', (bytes, { address, port }) => {
    const read = readPacket(new Uint8Array(bytes));
    assert.ok(read.ok);
    const answer = judge(read.value);
    if (answer !== undefined) socket.send(answer, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const servers = [{ host: '127.0.0.1', port: socket.address().port }];
  const settings = cheapSettings({
    proofs: { upstream: { servers, sharedSecret: KEY, timeout: '1s', tries: 1 } },
  });
  company.settings = { ...settings, proofs: { ...settings.proofs, upstreamSecret: KEY } };
  return company;
}

/** Bob, who holds a password and a company token, and may log in at network devices. */
export async function addHolder(test: TestHouse, name = 'bob'): Promise<string> {
  const id = await addPerson(test, name);
  const token = await comeWithPass(test, name, await issuePass(test, id));
  await enrol(test, token, 'password', () => ({ password: PASSWORD }));
  await enrol(test, token, 'upstream', () => ({ code: RIGHT }));
  await enrol(test, token, 'recovery', () => ({}));
  const completed = await test.house.enrolments.complete(token, test.arrival());
  assert.equal(completed.state, 'done', JSON.stringify(completed));
  await test.house.store.write((tx) =>
    test.house.people.change(tx, id, { groups: ['network-operators'] }, { door: 'cli' }),
  );
  return id;
}
