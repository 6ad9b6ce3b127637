/** radclient of FreeRADIUS, which is not ours: it makes requests and checks answers by its own reading of the RFCs. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openRadiusHouse, type RadiusHouse } from '../support/radius-house.ts';
import { RADCLIENT, radclient, without } from '../support/radius-tools.ts';

describe('radclient', { skip: without(RADCLIENT, 'freeradius-utils') }, () => {
  let house: RadiusHouse;
  before(async () => {
    // It puts the Message-Authenticator where it is told to; FreeRADIUS 3.2.1 puts it last.
    house = await openRadiusHouse({ tls: false, messageAuthenticator: 'anywhere' });
  });
  after(() => house.close());
  const secret = () => Buffer.from(house.secret).toString();
  const auth = (attributes: Record<string, string>) =>
    radclient(house.door.ports().authentication, 'auth', secret(), {
      'Message-Authenticator': '0x00',
      ...attributes,
    });

  it('logs in with a password, and with a code and the State of the challenge', async () => {
    const { ada, test } = house;
    const first = await auth({ 'User-Name': 'ada', 'User-Password': ada.password });
    assert.match(first.text, /Received Access-Challenge/);
    const [, state] = /State = (0x[0-9a-f]+)/.exec(first.text) ?? [];
    assert.ok(state, first.text);
    const second = await auth({
      'User-Name': 'ada',
      'User-Password': ada.totp.code(),
      State: state,
    });
    assert.match(second.text, /Received Access-Accept/);
    assert.match(second.text, /Service-Type = Administrative-User/);
    assert.match(second.text, /Session-Timeout = \d+/);
    test.clock.advance(30_000);
  });

  it('is refused with a wrong password', async () => {
    const refused = await auth({ 'User-Name': 'ada', 'User-Password': 'wrong' });
    assert.match(refused.text, /Received Access-Reject/);
  });

  it('hears nothing with another secret, or without a Message-Authenticator', async () => {
    const { authentication } = house.door.ports();
    const login = { 'User-Name': 'ada', 'User-Password': house.ada.password };
    const signed = { 'Message-Authenticator': '0x00', ...login };
    const [other, unsigned] = await Promise.all([
      radclient(authentication, 'auth', 'another secret', signed),
      radclient(authentication, 'auth', secret(), login),
    ]);
    assert.match(other.text, /No reply/);
    assert.match(unsigned.text, /No reply/);
  });

  it('asks whether we are there, and reports what happens', async () => {
    const { authentication, accounting } = house.door.ports();
    const status = await radclient(authentication, 'status', secret(), {
      'Message-Authenticator': '0x00',
    });
    assert.match(status.text, /Received Access-Accept/);
    const report = await radclient(accounting, 'acct', secret(), {
      'Acct-Status-Type': 'Start',
      'Acct-Session-Id': '00000001',
      'User-Name': 'ada',
    });
    assert.match(report.text, /Received Accounting-Response/);
  });
});
