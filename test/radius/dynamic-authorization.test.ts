/** RFC 5176 at a server that is not ours: FreeRADIUS, which takes changes and ends as network devices do, and says yes or no to each. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createDisconnects } from '../../server/doors/radius/disconnects.ts';
import type { NetworkSession } from '../../server/gate/network/network-words.ts';
import { systemClock } from '../../server/kernel/clock.ts';
import { type Later, systemLater } from '../../server/kernel/later.ts';
import { freePort } from '../support/free-port.ts';
import { FREERADIUS, type FreeRadius, startFreeRadius } from '../support/freeradius.ts';
import { loggedIn, nas, SECRET } from '../support/radius-door.ts';
import { without } from '../support/radius-tools.ts';

/** It changes what comes for Ada into VLAN 30, and into no other; it ends the sessions of Ada alone. */
const settings = (port: number) => `client ours {
  ipaddr = 127.0.0.1
  secret = "${Buffer.from(SECRET).toString()}"
  require_message_authenticator = yes
}
server coa {
  listen {
    type = coa
    ipaddr = 127.0.0.1
    port = ${port}
  }
  recv-coa {
    if (&User-Name != "ada" || &Acct-Session-Id != "0000001A") {
      reject
    }
    elsif (!&Tunnel-Private-Group-Id) {
      ok
    }
    elsif (&Tunnel-Private-Group-Id:0 == "30" && &Tunnel-Type:0 == VLAN && &Session-Timeout > 0) {
      ok
    }
    else {
      reject
    }
  }
  send-coa {
    ok
  }
}
`;

/** Four tries in a second and a half: for whom nobody is to answer. */
const soon: Later = (milliseconds, work) => systemLater()(milliseconds / 10, work);

describe('FreeRADIUS', { skip: without(FREERADIUS, 'freeradius') }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'freeradius-coa-'));
  let server: FreeRadius;
  let asking: ReturnType<typeof createDisconnects>;
  let hurried: typeof asking;
  before(async () => {
    const port = await freePort();
    server = await startFreeRadius(folder, ['-X'], settings(port));
    const deps = { notice: () => {}, clock: systemClock() };
    asking = createDisconnects({ ...deps, later: systemLater() }, port);
    hurried = createDisconnects({ ...deps, later: soon }, port);
  });
  after(async () => {
    asking?.stop();
    hurried?.stop();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const session = (more: Partial<NetworkSession> = {}): NetworkSession => ({
    id: loggedIn().session,
    client: nas(),
    address: '127.0.0.1',
    name: 'ada',
    deviceSession: '0000001A',
    station: '02-00-5E-10-00-01',
    port: undefined,
    ...more,
  });
  const change = (vlan: string, more: Partial<NetworkSession> = {}) =>
    asking.change({ ...session(more), attributes: { vlan }, until: Date.now() + 60_000 });

  it('reads a change as it was meant, and its yes and no are told apart', async () => {
    assert.deepEqual(await change('30'), { answer: 'done' });
    await server.says(/Tunnel-Medium-Type:0 = IEEE-802/);
    assert.equal((await change('31')).answer, 'refused');
    assert.equal((await change('30', { name: 'eve' })).answer, 'refused');
  });

  it('ends the session that is named, and no other', async () => {
    assert.deepEqual(await asking.end(session()), { answer: 'done' });
    assert.equal((await asking.end(session({ deviceSession: '0000001B' }))).answer, 'refused');
  });

  it('hears nobody who signs with another secret, though the Message-Authenticator is there', async () => {
    const client = nas({ secret: new TextEncoder().encode('x'.repeat(40)) });
    assert.deepEqual(await hurried.end(session({ client })), { answer: 'unanswered' });
    await server.says(/invalid Message-Authenticator|Request Authenticator|Shared secret/i);
    assert.deepEqual(await asking.end(session()), { answer: 'done' });
  });
});
