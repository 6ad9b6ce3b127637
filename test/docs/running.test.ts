/** The commands, settings, service and proxy of docs/running.md, as they stand there. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { configSchema } from '../../server/config/sections.ts';
import { readYaml } from '../../server/config/yaml-file.ts';
import { createMeters } from '../../server/doors/ops/meters.ts';
import { request } from '../recipes/asking.ts';
import { findProxy, startProxy } from '../recipes/proxies.ts';
import { beginIn, runCommand } from '../support/command.ts';
import { docsPage, wordsOf } from '../support/docs-page.ts';
import { freePort } from '../support/free-port.ts';
import { openOpenssl } from '../support/openssl.ts';
import { openServedHouse } from '../support/served-house.ts';

const page = docsPage('running.md');
const noNginx = findProxy('nginx') === undefined && 'no nginx on this machine';
const noSystemd =
  spawnSync('systemd-analyze', ['--version']).status !== 0 && 'no systemd on this machine';

describe('docs/running.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-docs-'));
  before(() => beginIn(folder));
  after(() => rmSync(folder, { recursive: true }));

  it('has commands that work, one after the other', async () => {
    const lines = page.lines('bash').filter((line) => line !== '');
    assert.equal(lines.length, 13);
    for (const line of lines) {
      const { code, out, err } = await runCommand(folder, wordsOf(line).slice(1));
      // Nobody administers a house that was just begun, which is bad.
      assert.ok(code === 0 || (code === 1 && line.endsWith('doctor')), `${line}\n${err}`);
      if (line.endsWith('--orphaned')) assert.match(out, /nightly/);
      if (line.endsWith('device list'))
        assert.match(out, /laptop-17.*orphaned|orphaned.*laptop-17/s);
    }
  });

  it('has settings that are read as they stand', () => {
    const [first, metrics, prometheus, mail, nodes, ...more] = page.blocks('yaml').map((text) => {
      const read = readYaml('page.yaml', text);
      assert.ok(read.ok);
      return configSchema.safeParse(read.value.value);
    });
    assert.deepEqual(more, []);
    for (const read of [first, metrics, mail, nodes]) assert.ok(read?.success, String(read?.error));
    assert.equal(prometheus?.success, false, 'which is not ours');
    assert.equal(first?.data?.listen.origin, 'https://id.example.com');
    assert.equal(nodes?.data?.listen.tls?.own, true);
  });

  it('names metrics that there are', () => {
    const told = createMeters().write({});
    const gauges = docsPage('../server/main/house-gauges.ts').text;
    const named = [...page.text.matchAll(/`sallyport_(\w+)`/g)].map(([, name = '']) => name);
    assert.ok(named.length > 6);
    for (const name of named) assert.ok(told.includes(name) || gauges.includes(name), name);
  });

  it('has a service that systemd takes', { skip: noSystemd }, () => {
    const [unit = assert.fail()] = page.blocks('ini');
    const file = join(folder, 'sallyport.service');
    writeFileSync(file, unit.replace('/opt/sallyport/sallyport', '/bin/true'));
    const { stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
    assert.doesNotMatch(stderr, /sallyport/);
  });

  it('has an nginx that leads to the node that is there', { skip: noNginx }, async () => {
    const openssl = openOpenssl();
    const tls = openssl.selfSigned('localhost', 'server');
    const [port, gone] = [await freePort(), await freePort()];
    const served = await openServedHouse({
      listener: {
        host: '127.0.0.1',
        origin: `https://id.localhost:${port}`,
        trustedProxies: ['127.0.0.1'],
        tls: { certificate: tls.pem, key: tls.keyPem, clientCertificates: false },
      },
    });
    const places = { port, sallyport: served.port, application: gone };
    const proxy = await startProxy('nginx', places, (_, folder) => {
      writeFileSync(join(folder, 'root.pem'), tls.pem);
      const [recipe = assert.fail()] = page.blocks('nginx');
      return recipe
        .replace('/etc/nginx/sallyport-root.pem', join(folder, 'root.pem'))
        .replace('proxy_ssl_name id.example.com', 'proxy_ssl_name localhost')
        .replace('10.0.0.5:8443', `127.0.0.1:${gone}`)
        .replace('10.0.0.6:8443', `127.0.0.1:${served.port}`);
    });
    try {
      for (let times = 0; times < 4; times++) {
        assert.equal((await request(port, 'id.localhost', '/signin', {})).status, 200);
      }
      assert.equal((await request(port, 'id.localhost', '/readyz', {})).status, 200);
      assert.equal((await request(port, 'id.localhost', '/gate/check', {})).status, 404);
    } finally {
      await proxy.close();
      await served.close();
      openssl.remove();
    }
  });
});
