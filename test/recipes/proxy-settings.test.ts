/** The recipes of docs/proxy.md for proxies that are not at hand: each of their settings is one that their makers document. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readYaml } from '../../server/config/yaml-file.ts';
import { recipe } from './proxies.ts';

/** What Traefik v3 and Envoy v3 call their settings, by their own references; null where anything may follow. */
interface Known {
  readonly [setting: string]: Known | null;
}

const patterns: Known = {
  patterns: { exact: null, prefix: null, suffix: null, contains: null, ignore_case: null },
};
const AUTHORIZATION: Known = {
  '@type': null,
  failure_mode_allow: null,
  status_on_error: null,
  allowed_headers: patterns,
  http_service: {
    server_uri: { uri: null, cluster: null, timeout: null },
    path_prefix: null,
    authorization_request: { headers_to_add: null },
    authorization_response: {
      allowed_upstream_headers: patterns,
      allowed_upstream_headers_to_append: patterns,
      allowed_client_headers: patterns,
      allowed_client_headers_on_success: patterns,
    },
  },
};
const TRAEFIK: Known = {
  http: {
    middlewares: {
      sallyport: {
        forwardAuth: {
          address: null,
          trustForwardHeader: null,
          authResponseHeaders: null,
          authResponseHeadersRegex: null,
          authRequestHeaders: null,
          addAuthCookiesToResponse: null,
          tls: null,
        },
      },
    },
    routers: {
      wiki: { rule: null, middlewares: null, service: null, entryPoints: null, tls: null },
    },
  },
};

/** Settings that their program would not know. */
function unknownIn(said: unknown, known: Known | null, at = ''): string[] {
  if (known === null || typeof said !== 'object' || said === null) return [];
  if (Array.isArray(said)) return said.flatMap((one) => unknownIn(one, known, at));
  return Object.entries(said).flatMap(([name, value]) => {
    const path = `${at}.${name}`;
    const next = known[name];
    return next === undefined ? [path] : unknownIn(value, next, path);
  });
}

/** What the block of YAML says in which a text stands. */
// biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it.
function written(text: string): any {
  for (let nth = 0; ; nth++) {
    const block = recipe('yaml', nth);
    if (!block.includes(text)) continue;
    const read = readYaml('docs/proxy.md', block);
    assert.ok(read.ok, JSON.stringify(read));
    return read.value.value;
  }
}

describe('the recipe for Traefik', () => {
  it('has settings of Traefik alone, has us redirect, and copies what the site is told', () => {
    const { http } = written('forwardAuth');
    assert.deepEqual(unknownIn({ http }, TRAEFIK), []);
    const { forwardAuth } = http.middlewares.sallyport;
    assert.match(forwardAuth.address, /\/gate\/check\?redirect$/);
    assert.equal(forwardAuth.trustForwardHeader, undefined);
    assert.equal(forwardAuth.authResponseHeaders.length, 7);
    assert.deepEqual(http.routers.wiki.middlewares, ['sallyport']);
  });
});

describe('the recipe for Envoy', () => {
  it('has settings of Envoy alone, and refuses when we can’t be asked', () => {
    const [filter] = written('ext_authz').http_filters;
    assert.deepEqual(unknownIn(filter.typed_config, AUTHORIZATION), []);
    assert.equal(filter.typed_config.failure_mode_allow, false);
    assert.equal(filter.typed_config.http_service.path_prefix, '/gate/check/as-is');
  });

  it('passes on to the check whatever would be refused there', () => {
    const [filter] = written('ext_authz').http_filters;
    const passed = JSON.stringify(filter.typed_config.allowed_headers.patterns);
    for (const name of [
      'x-http-method-override',
      'x-http-method',
      'x-method-override',
      'x-original-url',
      'x-rewrite-url',
      'x-forwarded-proto',
    ]) {
      assert.ok(passed.includes(`{"exact":"${name}"}`), name);
    }
    assert.ok(passed.includes('{"prefix":"x-sallyport-"}'));
    assert.ok(passed.includes('{"prefix":"x_sallyport_"}'));
  });
});
