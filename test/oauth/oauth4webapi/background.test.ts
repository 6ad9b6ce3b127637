/** A sign-in that begins at an application (OpenID Connect CIBA Core 1.0), walked by oauth4webapi, which we did not write. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oauth from 'oauth4webapi';
import { type AskingHouse, choose, openAskingHouse, waiting } from '../../support/ciba.ts';
import { skewOf } from '../../support/clock.ts';
import { count, eventsOf } from '../../support/events.ts';

const plain = { [oauth.allowInsecureRequests]: true };
/** The interval of §7.3 that the answer tells. */
const PATIENCE = 5000;

describe('oauth4webapi that asks in the background', () => {
  let asking: AskingHouse;
  let server: oauth.AuthorizationServer;
  let auth: oauth.ClientAuth;
  before(async () => {
    asking = await openAskingHouse();
    const issuer = new URL(asking.house.issuer);
    server = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, plain),
    );
    auth = oauth.ClientSecretBasic(asking.app.secret);
  });
  after(() => asking.house.close());

  const client = (): oauth.Client => ({
    client_id: asking.app.id,
    [oauth.clockSkew]: skewOf(asking.house),
  });
  const begin = async (change = {}) =>
    oauth.processBackchannelAuthenticationResponse(
      server,
      client(),
      await oauth.backchannelAuthenticationRequest(
        server,
        client(),
        auth,
        { scope: 'openid profile', login_hint: 'ada', binding_message: 'Till 7', ...change },
        plain,
      ),
    );
  /** One poll, after the time that it is to wait between two. */
  async function poll(id: string): Promise<oauth.TokenEndpointResponse> {
    asking.house.clock.advance(PATIENCE);
    const response = await oauth.backchannelAuthenticationGrantRequest(
      server,
      client(),
      auth,
      id,
      plain,
    );
    return oauth.processBackchannelAuthenticationGrantResponse(server, client(), response);
  }

  it('waits, is answered by the number that it shows, and gets its tokens once (§7.3, §10.1, §11)', async () => {
    const { house, ada, browser } = asking;
    const begun = await begin();
    assert.equal(begun.interval, PATIENCE / 1000);
    await assert.rejects(poll(begun.auth_req_id), { error: 'authorization_pending' });
    const seen = await eventsOf(house, async () => {
      const [path = ''] = await waiting(browser);
      assert.match((await browser.get(path)).text, /Till 7/, 'what binds the two (§7.1)');
      await choose(house, browser, ada, begun.sallyport_number);
      const tokens = await poll(begun.auth_req_id);
      assert.equal(oauth.getValidatedIdTokenClaims(tokens)?.sub, ada.id);
      await assert.rejects(poll(begun.auth_req_id), { error: 'invalid_grant' });
    });
    assert.equal(count(seen, 'app.request-approved', 'granted'), 1);
    assert.equal(count(seen, 'app.reuse-refused', 'refused'), 1);
  });

  it('is told when the person says that they did not ask (§11)', async () => {
    const { house, browser } = asking;
    const begun = await begin();
    const seen = await eventsOf(house, async () => {
      const [path = ''] = await waiting(browser);
      await browser.post(`${path}/disown`, {});
      await assert.rejects(poll(begun.auth_req_id), { error: 'access_denied' });
    });
    assert.equal(count(seen, 'app.request-disowned'), 1);
  });

  it('is told what is wrong with what it asks (§13)', async () => {
    await assert.rejects(begin({ scope: 'profile' }), { error: 'invalid_request' });
    await assert.rejects(begin({ binding_message: '\u202Eevil' }), {
      error: 'invalid_binding_message',
    });
  });
});
