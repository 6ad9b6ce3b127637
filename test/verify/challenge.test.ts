import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { challengeOf, quoted } from '../../verify/src/challenge.ts';
import { checkNeeds } from '../../verify/src/needs.ts';
import { REFUSALS, type Reason } from '../../verify/src/refusals.ts';

const algorithms = ['ES256', 'EdDSA'];
const header = (reason: Reason, words = {}) =>
  challengeOf(reason, { algorithms, ...words })['WWW-Authenticate'];

describe('challenges', () => {
  it('say no error where nothing was presented (RFC 6750 §3.1), and offer both schemes', () => {
    assert.equal(header('no-credential'), 'Bearer, DPoP algs="ES256 EdDSA"');
    assert.equal(
      header('no-credential', { scopes: ['keys:read', 'keys:write'] }),
      'Bearer scope="keys:read keys:write", DPoP scope="keys:read keys:write", algs="ES256 EdDSA"',
    );
    assert.equal(header('no-credential', { boundOnly: true }), 'DPoP algs="ES256 EdDSA"');
  });

  it('answer in the scheme that was used, and with DPoP to a bound token sent as bearer', () => {
    assert.equal(
      header('expired', { scheme: 'bearer' }),
      'Bearer error="invalid_token", error_description="The access token expired"',
    );
    assert.match(header('expired', { scheme: 'dpop' }) ?? '', /^DPoP error="invalid_token".*algs=/);
    assert.match(header('bound-token-as-bearer', { scheme: 'bearer' }) ?? '', /^DPoP error=/);
  });

  it('name the scopes that were missing (RFC 6750 §3.1)', () => {
    assert.match(
      header('scope-missing', { scheme: 'bearer', scopes: ['a', 'b'] }) ?? '',
      /^Bearer error="insufficient_scope", error_description="[^"]+", scope="a b"$/,
    );
  });

  it('ask for a level and an age as RFC 9470 §3 has it', () => {
    assert.match(
      header('not-fresh', { scheme: 'bearer', acrValues: ['phr', 'phrh'], maxAge: 300 }) ?? '',
      /^Bearer error="insufficient_user_authentication", error_description="[^"]+", acr_values="phr phrh", max_age="300"$/,
    );
  });

  it('bring a nonce when they ask for one (RFC 9449 §9)', () => {
    const challenge = challengeOf('nonce-needed', { algorithms, scheme: 'dpop', nonce: 'x.y' });
    assert.match(challenge['WWW-Authenticate'] ?? '', /error="use_dpop_nonce"/);
    assert.equal(challenge['DPoP-Nonce'], 'x.y');
  });

  it('blame nobody for a fault of ours', () => {
    assert.equal(header('keys-unavailable'), undefined);
    assert.equal(challengeOf('keys-unavailable', { algorithms })['Retry-After'], '5');
  });

  it('tell no more than the table has, in the characters of RFC 6750 §3', () => {
    for (const { says } of Object.values(REFUSALS)) {
      assert.match(says, /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
    }
  });

  it('quote whatever can be said so that it is read back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
        if (!/^[\x20-\x7e]*$/.test(text)) {
          assert.throws(() => quoted(text), TypeError);
          return;
        }
        // quoted-string of RFC 9110 §5.6.4, and nothing after it.
        const [, inside] = /^"((?:[^"\\]|\\[\x20-\x7e])*)"$/.exec(quoted(text)) ?? [];
        assert.equal(inside?.replaceAll(/\\(.)/g, '$1'), text);
      }),
    );
  });

  it('can not be broken open by a need: what is no scope or level is a mistake', () => {
    const wrong = fc.string().filter((text) => !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text));
    fc.assert(
      fc.property(wrong, (word) => {
        assert.throws(() => checkNeeds({ scopes: ['a', word] }), TypeError);
        assert.throws(() => checkNeeds({ acr: word }), TypeError);
      }),
    );
    assert.throws(() => checkNeeds({ acr: [] }), TypeError);
    assert.throws(() => checkNeeds({ freshFor: Number.NaN }), TypeError);
    assert.throws(() => checkNeeds({ freshFor: -1 }), TypeError);
    // A misspelt need would be checked by nobody.
    assert.throws(() => checkNeeds({ scope: ['a'] } as object), /no need called scope/);
    assert.throws(() => checkNeeds({ scopes: 'a b' } as object), /list/);
  });
});
