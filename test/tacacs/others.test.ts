/** TACACS+ by other hands: scapy and Authen::TacacsPlus as network devices, and tshark as whoever listens and has the key. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import type { TestPerson } from '../support/people.ts';
import { command } from '../support/tacacs-client.ts';
import { openTacacsHouse, type TacacsHouse } from '../support/tacacs-house.ts';
import { type Captured, captureFile } from './capture.ts';

const runs = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;
const PYTHON = '/usr/bin/python3';
const scapy = runs(PYTHON, '-c', 'import scapy.contrib.tacacs');
const perl = runs('perl', '-MAuthen::TacacsPlus', '-e', '1');
const tshark = runs('tshark', '--version');

function run(program: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { timeout: 30_000 }, (fault, out, err) => {
      if (fault) reject(new Error(`${fault.message}\n${err}`));
      else resolve(out);
    });
    child.stdin?.end(input);
  });
}

describe('TACACS+ by other hands', () => {
  let house: TacacsHouse;
  let ada: TestPerson;
  before(async () => {
    house = await openTacacsHouse();
    ada = await house.person('ada');
  });
  after(() => house.close());
  const later = () => house.test.clock.advance(61_000);

  describe('scapy', { skip: !scapy && 'python3-scapy is not installed' }, () => {
    const script = join(import.meta.dirname, 'scapy-client.py');
    const ask = async (sessions: readonly object[], secret = house.secret) =>
      JSON.parse(
        await run(PYTHON, [script, String(house.port), secret], JSON.stringify(sessions)),
      ) as (string | number)[][][];

    it('logs in with a password and a code, runs commands, and reports them', async () => {
      const user = 'ada';
      const left = await eventsOf(house.test, async () => {
        const [login, shell, show, spoilt, report] = await ask([
          { kind: 'login', typed: ['ada', ada.password, ada.totp.code()] },
          { kind: 'authorization', user, args: ['service=shell', 'cmd='] },
          { kind: 'authorization', user, args: command('show version') },
          { kind: 'authorization', user, args: ['service=shell', 'cmd=show', 'cmd-arg=a\nreload'] },
          { kind: 'accounting', user, flags: 4, args: ['task_id=9', ...command('show version')] },
        ]);
        assert.deepEqual(login, [
          [4, 'Username: '],
          [5, 'Password: '],
          [3, 'Code, or recovery code: '],
          [1, ''],
        ]);
        assert.deepEqual(shell, [[1, '', 'priv-lvl=15', 'timeout=720']]);
        assert.deepEqual(show, [[1, '']]);
        assert.equal(spoilt?.[0]?.[0], 0x10);
        assert.deepEqual(report, [[1, '']]);
      });
      assert.equal(count(left, 'login.granted'), 1);
      assert.equal(count(left, 'command.granted'), 1);
      assert.equal(count(left, 'command.refused'), 1);
      assert.equal(count(left, 'network.accounted'), 1);
      later();
    });

    it('logs in by PAP, and is refused with a wrong password or a wrong secret', async () => {
      const password = ada.password + ada.totp.code();
      const [right] = await ask([{ kind: 'login', user: 'ada', password }]);
      assert.equal(right?.[0]?.[0], 1);
      later();
      const [wrong] = await ask([{ kind: 'login', user: 'ada', password: 'wrong' }]);
      assert.equal(wrong?.[0]?.[0], 2);
      const left = await eventsOf(house.test, async () => {
        // What comes back is hidden under the right secret, which scapy has not.
        await ask([{ kind: 'login', user: 'ada', password }], 'wrong').catch(() => []);
      });
      assert.equal(count(left, 'network.client-refused'), 1);
      house.test.clock.advance(600_000);
    });
  });

  describe('Authen::TacacsPlus', { skip: !perl && 'it is not installed' }, () => {
    /** By PAP, which is 2 (its name is no constant to `perl -e`). */
    const logIn = (at: TacacsHouse, password: string) =>
      run('perl', [
        '-MAuthen::TacacsPlus',
        '-e',
        `my ($port, $key, $user, $password) = @ARGV;
         my $tac = new Authen::TacacsPlus(Host => '127.0.0.1', Port => $port, Key => $key, Timeout => 5) or die Authen::TacacsPlus::errmsg();
         print $tac->authen($user, $password, 2) ? 'in' : 'out';`,
        String(at.port),
        at.secret,
        'ada',
        password,
      ]);

    it('logs in by PAP with the password and the code', async () => {
      assert.equal(await logIn(house, ada.password + ada.totp.code()), 'in');
      later();
    });

    it('stays out with the password alone', async () => {
      // It makes the same session id twice within a second, and a house takes one once.
      const other = await openTacacsHouse();
      const bob = await other.person('ada');
      assert.equal(await logIn(other, bob.password), 'out');
      await other.close();
    });
  });

  describe('tshark', { skip: !tshark && 'it is not installed' }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'tacacs-'));
    after(() => rmSync(folder, { recursive: true }));

    it('reads with the key what both sides wrote, and finds nothing wrong in it', async () => {
      const packets: Captured[] = [];
      const client = await house.connect({
        onPacket: (from, payload) =>
          void packets.push({ from: from === 'device' ? 'client' : 'server', payload }),
      });
      await client.logIn({ user: 'ada' }, [ada.password, ada.totp.code()]);
      await client.authorise('ada', command('show version'));
      await client.authorise('ada', ['service=shell', 'cmd=']);
      await client.account('ada', 4, ['task_id=9', ...command('show version')]);
      await client.close();
      const file = join(folder, 'tacacs.pcap');
      writeFileSync(file, captureFile(49, packets));
      const text = await run('tshark', ['-r', file, '-o', `tacplus.key:${house.secret}`, '-V']);
      for (const words of [
        'User: ada',
        'Server message: Password: ',
        `User: ${ada.password}`,
        'Server message: Code, or recovery code: ',
        'Status: Authentication Passed (0x01)',
        'Arg[1] value: cmd=show',
        'Arg[2] value: cmd-arg=version',
        'Arg[0] value: priv-lvl=15',
        'Arg[0] value: task_id=9',
        'Status: Success (0x01)',
      ]) {
        assert.ok(text.includes(words), `${words}\n${text}`);
      }
      assert.ok(!/Malformed|Expert Info \(Error/.test(text), text);
      later();
    });
  });
});
