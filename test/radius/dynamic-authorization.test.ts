/** RFC 5176 at a server that is not ours: FreeRADIUS, which takes changes and ends as network devices do, and says yes or no to each. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { createDisconnects } from '../../server/doors/radius/disconnects.ts';
import type { NetworkSession } from '../../server/gate/network/network-words.ts';
import { systemClock } from '../../server/kernel/clock.ts';
import { type Later, systemLater } from '../../server/kernel/later.ts';
import { freePort } from '../support/free-port.ts';
import { loggedIn, nas, SECRET } from '../support/radius-door.ts';
import { without } from '../support/radius-tools.ts';

const FREERADIUS = '/usr/sbin/freeradius';

/** It changes what comes for Ada into VLAN 30, and into no other; it ends the sessions of Ada alone. */
const settings = (folder: string, port: number) => `name = radiusd
prefix = ${folder}
localstatedir = ${folder}
logdir = ${folder}
run_dir = ${folder}
libdir = /usr/lib/freeradius
log {
  destination = stdout
}
security {
  allow_vulnerable_openssl = yes
}
client ours {
  ipaddr = 127.0.0.1
  secret = "${Buffer.from(SECRET).toString()}"
  require_message_authenticator = yes
}
modules {
  always ok {
    rcode = ok
  }
  always reject {
    rcode = reject
  }
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
  let server: ChildProcess;
  let asking: ReturnType<typeof createDisconnects>;
  let hurried: typeof asking;
  let outputs: Readable[] = [];
  let said = '';
  before(async () => {
    const port = await freePort();
    writeFileSync(join(folder, 'radiusd.conf'), settings(folder, port), { mode: 0o600 });
    server = spawn(FREERADIUS, ['-X', '-d', folder], { stdio: ['ignore', 'pipe', 'pipe'] });
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer) => {
        said += chunk;
        if (said.includes('Ready to process requests')) resolve();
      };
      outputs = [server.stdout, server.stderr].filter((one) => one !== null);
      for (const output of outputs) output.on('data', hear);
      server.once('exit', () => reject(new Error(said.slice(-2000))));
    });
    const deps = { notice: () => {}, clock: systemClock() };
    asking = createDisconnects({ ...deps, later: systemLater() }, port);
    hurried = createDisconnects({ ...deps, later: soon }, port);
  });
  after(() => {
    asking?.stop();
    hurried?.stop();
    server?.kill();
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

  /** What it says may come behind its answer, by the other way. */
  async function says(what: RegExp): Promise<void> {
    while (!what.test(said)) await Promise.race(outputs.map((one) => once(one, 'data')));
  }

  it('reads a change as it was meant, and its yes and no are told apart', async () => {
    assert.deepEqual(await change('30'), { answer: 'done' });
    await says(/Tunnel-Medium-Type:0 = IEEE-802/);
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
    await says(/invalid Message-Authenticator|Request Authenticator|Shared secret/i);
    assert.deepEqual(await asking.end(session()), { answer: 'done' });
  });
});
