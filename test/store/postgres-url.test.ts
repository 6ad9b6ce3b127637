import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { Fault } from '../../server/kernel/fault.ts';
import { isUnverified, parsePostgresUrl } from '../../server/store/postgres-url.ts';

describe('the URL of a PostgreSQL', () => {
  it('gives where and who', () => {
    const address = parsePostgresUrl('postgresql://sal%40ly:p%3Aw%2F@[::1]:5433/gate%20house');
    assert.equal(address.host, '::1');
    assert.equal(address.port, 5433);
    assert.equal(address.user, 'sal@ly');
    assert.equal(address.password, 'p:w/');
    assert.equal(address.database, 'gate house');
  });

  it('may name the folder of a socket', () => {
    const url = 'postgres://sally@/sallyport?host=/run/postgresql';
    assert.equal(parsePostgresUrl(url).host, '/run/postgresql');
    assert.ok(!isUnverified(url));
  });

  it('is verified TLS away from loopback unless it says otherwise', () => {
    assert.deepEqual(parsePostgresUrl('postgres://sally@db.example/s').ssl, {});
    assert.ok(!isUnverified('postgres://sally@db.example/s'));
    assert.equal(parsePostgresUrl('postgres://sally@localhost/s').ssl, false);
    assert.equal(parsePostgresUrl('postgres://sally@127.0.0.1/s').ssl, false);
    assert.deepEqual(parsePostgresUrl('postgres://sally@localhost/s?sslmode=verify-full').ssl, {});
  });

  it('announces each lesser protection', () => {
    for (const mode of ['disable', 'require', 'verify-ca']) {
      assert.ok(isUnverified(`postgres://sally@db.example/s?sslmode=${mode}`), mode);
      assert.ok(!isUnverified(`postgres://sally@localhost/s?sslmode=${mode}`), mode);
    }
    // A name that only begins like loopback.
    assert.ok(isUnverified('postgres://s@127.example.com/s?sslmode=disable'));
  });

  for (const wrong of [
    'mysql://sally:hunter2@db.example/s',
    'sally:hunter2@db.example',
    'postgres://sally:hunter2@db example/s',
    'postgres://sally:hunter2%zz@db.example/s',
    'postgres://sally:hunter2@db.example/s?sslmode=prefer',
    'postgres://sally:hunter2@db.example/s?sslrootcert=/nowhere',
    'postgres://sally:hunter2@db.example/s?ssl=true',
  ]) {
    it(`is refused without its password being told: ${wrong.replace('hunter2', '…')}`, () => {
      assert.throws(
        () => parsePostgresUrl(wrong),
        (error) =>
          error instanceof Fault &&
          error.code === 'config' &&
          !inspect(error, { depth: 10, showHidden: true }).includes('hunter2'),
      );
    });
  }
});
