/**
 * An address for sign-outs that leads elsewhere (SSRF: CWE-918; OpenID Connect Back-Channel Logout 1.0 §2.2): to this machine, to
 * somebody's own network, to the cloud's metadata, by a name that answers otherwise the second time, by a redirect, or to something
 * that never answers.
 */
import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createPostForm, LONGEST_POST, type PostFormDeps } from '../../server/http/post-form.ts';
import { checkedNetworks } from '../../server/kernel/networks.ts';

describe('telling an application of a sign-out', () => {
  let server: Server;
  let port = 0;
  let requests: string[] = [];
  let answer: RequestListener = () => {};
  before(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => {
        body += part;
      });
      request.on('end', () => {
        requests.push(`${request.method} ${request.headers.host}${request.url} ${body}`);
        answer(request, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port; // It listens on a port.
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    requests = [];
    answer = (_request, response) => response.end();
  });

  const loopback = { plain: true, allowed: checkedNetworks(['127.0.0.0/8']) };
  const here = () => `http://127.0.0.1:${port}/logout`;
  const fields = { logout_token: 'a.b.c' };
  const make = (more: Partial<PostFormDeps> = {}) =>
    createPostForm({ later: () => () => {}, ...more });

  it('calls nothing that is not public, by number or by name', async () => {
    const post = make({ plain: true });
    for (const url of [
      here(),
      `http://localhost:${port}/`,
      `http://2130706433:${port}/`,
      `http://[::ffff:127.0.0.1]:${port}/`,
      'https://169.254.169.254/latest/meta-data/',
      'https://10.0.0.1/',
      'https://[fd00:ec2::254]/',
    ]) {
      assert.equal(await post(url, fields), false, url);
    }
    for (const answers of [['127.0.0.1'], ['93.184.215.14', '127.0.0.1'], []]) {
      const lookup = async () => answers.map((address) => ({ address, family: 4 }));
      const named = `http://app.example.com:${port}/`;
      assert.equal(await make({ plain: true, lookup })(named, fields), false);
    }
    assert.deepEqual(requests, []);
    // The same, where the configuration names the network.
    assert.equal(await make(loopback)(here(), fields), true);
    assert.deepEqual(requests, [`POST 127.0.0.1:${port}/logout logout_token=a.b.c`]);
  });

  it('sends JSON where there is a token to go with it (OpenID Connect CIBA Core §10.2)', async () => {
    let seen: unknown;
    answer = ({ headers }, response) => {
      seen = [headers['content-type'], headers.authorization];
      response.writeHead(204).end();
    };
    assert.equal(await make(loopback)(here(), { auth_req_id: 'x' }, 'a-token'), true);
    assert.deepEqual(requests, [`POST 127.0.0.1:${port}/logout {"auth_req_id":"x"}`]);
    assert.deepEqual(seen, ['application/json', 'Bearer a-token']);
    assert.equal(await make({ plain: true })(here(), { auth_req_id: 'x' }, 'a-token'), false);
    assert.equal(requests.length, 1);
  });

  it('connects where it looked, though the name leads elsewhere by then', async () => {
    let asked = 0;
    const lookup = async () => {
      asked += 1;
      return [{ address: asked === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }];
    };
    assert.equal(
      await make({ ...loopback, lookup })(`http://app.example.com:${port}/x`, fields),
      true,
    );
    assert.equal(asked, 1);
    assert.equal(requests.length, 1);
  });

  it('wants https, and no name or password in the address', async () => {
    const post = make({ allowed: loopback.allowed });
    for (const url of [here(), 'file:///etc/passwd', 'https://user:word@127.0.0.1/', '', 'x']) {
      assert.equal(await post(url, fields), false, url);
    }
    assert.deepEqual(requests, []);
  });

  it('follows no redirect, and takes 200 and 204 alone for a yes', async () => {
    for (const [status, taken] of [
      [302, false],
      [307, false],
      [400, false],
      [500, false],
      [200, true],
      [204, true],
    ] as const) {
      answer = (_request, response) =>
        void response.writeHead(status, { location: '/elsewhere' }).end();
      assert.equal(await make(loopback)(here(), fields), taken, String(status));
    }
    assert.ok(requests.every((line) => line.includes('/logout ')));
    assert.equal(requests.length, 6);
  });

  it('waits so long and no longer, for the name and for the answer', async () => {
    for (const slow of ['name', 'answer'] as const) {
      let ring = () => {};
      let arrived = () => {};
      const reached = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      answer = () => arrived();
      const post = make({
        ...loopback,
        later: (_milliseconds, work) => {
          ring = work;
          return () => {};
        },
        lookup: () => {
          if (slow === 'answer') return Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
          arrived();
          return new Promise(() => {});
        },
      });
      const posting = post(`http://slow.example.com:${port}/`, fields);
      await reached;
      ring();
      assert.equal(await posting, false, slow);
    }
    assert.ok(LONGEST_POST <= 10_000);
  });
});
