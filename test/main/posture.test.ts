/** `sallyport posture`: what the system's own tools say, each answer apart. The tools here are mocks that repeat real output. */
import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, verify } from 'node:crypto';
import { describe, it } from 'node:test';
import { gather } from '../../server/main/posture/gather.ts';
import type { RunTool } from '../../server/main/posture/run-tool.ts';
import { signReport } from '../../server/main/posture/sign-report.ts';
import { PostureReport } from '../../server/subjects/posture.ts';

type Said = string | { readonly code?: number; readonly out?: string; readonly err?: string };

/** A mock of the system: tools that are not named are not there. */
function mockTools(said: Readonly<Record<string, Said>>): RunTool {
  return async (tool, args) => {
    const line = [tool, ...args].join(' ');
    const found = Object.entries(said).find(([begins]) => line.startsWith(begins));
    if (found === undefined) return undefined;
    const [, answer] = found;
    return typeof answer === 'string'
      ? { code: 0, out: answer, err: '' }
      : { code: 0, out: '', err: '', ...answer };
  };
}

/** As lsblk tells of what a file system lies on, each on those behind it. */
type Block = readonly [type: string, ...below: Block[]];
const lsblk = (...blocks: Block[]): string => {
  const told = ([type, ...below]: Block): object =>
    below.length === 0 ? { type } : { type, children: below.map(told) };
  return JSON.stringify({ blockdevices: blocks.map(told) });
};
const PART: Block = ['part', ['disk']];

const LINUX = {
  'findmnt -n -o SOURCE --target /': '/dev/mapper/vg-root\n',
  'lsblk --inverse': lsblk(['lvm', ['crypt', PART]]),
  'id -u': '1000\n',
  'ps -C gnome-shell -o uid=,user:64=': ' 1000 ada\n  120 gdm\n',
  'gsettings get org.gnome.desktop.session idle-delay': 'uint32 300\n',
  'gsettings get org.gnome.desktop.screensaver lock-enabled': 'true\n',
  'mokutil --sb-state': 'SecureBoot enabled\n',
  'cat /etc/os-release': 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n',
  'uname -sr': 'Linux 6.12.0\n',
};

const linux = (change: Readonly<Record<string, Said>> = {}) =>
  gather(
    'linux',
    mockTools({
      ...change,
      ...Object.fromEntries(Object.entries(LINUX).filter(([key]) => !(key in change))),
    }),
  );

describe('the posture of a Linux machine', () => {
  it('is read from lsblk, gsettings and mokutil', async () => {
    assert.deepEqual(await linux(), {
      diskEncrypted: 'yes',
      screenLock: 'yes',
      secureBoot: 'yes',
      system: 'Debian GNU/Linux 13 (trixie), Linux 6.12.0',
    });
  });

  it('tells no only where the way down to a disk was seen', async () => {
    const disk = async (change: Readonly<Record<string, Said>>) =>
      (await linux(change))?.diskEncrypted;
    assert.equal(await disk({ 'lsblk --inverse': lsblk(PART) }), 'no');
    for (const odd of ['{', '{}', '{"blockdevices":[]}', '{"blockdevices":[{}]}', lsblk(['lvm'])]) {
      assert.equal(await disk({ 'lsblk --inverse': odd }), 'unknown', odd);
    }
    assert.equal(await disk({ 'lsblk --inverse': '' }), 'unknown');
    assert.equal(await disk({ 'lsblk --inverse': { code: 32 } }), 'unknown');
    assert.equal(await disk({ 'findmnt -n -o SOURCE --target /': 'overlay\n' }), 'unknown');
    assert.equal(await disk({ 'findmnt -n -o SOURCE --target /home': 'nas:/home\n' }), 'unknown');
    const dm = {
      'lsblk --inverse': '',
      'dmsetup table vg-root': '0 100 crypt aes-xts-plain64 :64 0\n',
    };
    assert.equal(await disk(dm), 'yes');
    assert.equal(
      await disk({ ...dm, 'dmsetup table vg-root': '0 100 linear 254:0 0\n' }),
      'unknown',
    );
  });

  it('tells yes only where each disk that the data lies on is encrypted', async () => {
    const disk = async (...blocks: Block[]) =>
      (await linux({ 'lsblk --inverse': lsblk(...blocks) }))?.diskEncrypted;
    assert.equal(await disk(['lvm', ['crypt', PART], ['crypt', PART]]), 'yes');
    assert.equal(await disk(['crypt', ['raid1', PART, PART]]), 'yes');
    assert.equal(await disk(['lvm', ['crypt', PART], PART]), 'no');
    assert.equal(await disk(['lvm', PART, ['crypt', PART]]), 'no');
    assert.equal(await disk(['lvm', ['crypt', PART], ['loop']]), 'unknown');
  });

  it('is no where one of the places of people’s data is not encrypted', async () => {
    const tools = mockTools({
      'findmnt -n -o SOURCE --target /home': '/dev/sdb1\n',
      ...LINUX,
    });
    const home: RunTool = (tool, args) =>
      tool === 'lsblk' && args.includes('/dev/sdb1')
        ? Promise.resolve({ code: 0, out: lsblk(PART), err: '' })
        : tools(tool, args);
    assert.equal((await gather('linux', home))?.diskEncrypted, 'no');
  });

  it('is unknown in each part that no tool tells, and never no', async () => {
    assert.deepEqual(await gather('linux', mockTools({})), {
      diskEncrypted: 'unknown',
      screenLock: 'unknown',
      secureBoot: 'unknown',
      system: 'Linux',
    });
    const boot = await linux({
      'mokutil --sb-state': 'EFI variables are not supported on this system\n',
    });
    assert.equal(boot?.secureBoot, 'unknown');
    assert.equal((await linux({ 'ps -C gnome-shell': { code: 1 } }))?.screenLock, 'unknown');
    const never = { 'gsettings get org.gnome.desktop.session idle-delay': 'uint32 0\n' };
    assert.equal((await linux(never))?.screenLock, 'no');
    assert.equal(
      (await linux({ 'mokutil --sb-state': 'SecureBoot disabled\n' }))?.secureBoot,
      'no',
    );
  });
});

describe('the screen of a Linux machine, looked at by root', () => {
  const SETTINGS = ['session idle-delay', 'screensaver lock-enabled'] as const;
  /** The settings of each person; those of root lock, and nobody sits there as root. */
  const screen = async (
    people: string,
    settings: Readonly<Record<string, readonly [idle: string, lock: string]>>,
    uid = '0',
  ) => {
    const each = Object.entries(settings).flatMap(([user, values]) =>
      SETTINGS.map((name, at) => [
        `setsid -w runuser -l -s /bin/sh -c gsettings get org.gnome.desktop.${name} ${user}`,
        values[at] ?? '',
      ]),
    );
    const tools = { 'id -u': uid, 'ps -C gnome-shell': people, ...Object.fromEntries(each) };
    return (await linux(tools))?.screenLock;
  };

  it('is what the settings of those say who sit at it, and not those of root', async () => {
    const off = ['uint32 300\n', 'false\n'] as const;
    const on = ['uint32 300\n', 'true\n'] as const;
    assert.equal(await screen(' 1000 ada\n', { ada: on }), 'yes');
    assert.equal(await screen(' 1000 ada\n', { ada: off }), 'no');
    assert.equal(await screen(' 1000 ada\n', { ada: ['uint32 0\n', 'true\n'] }), 'no');
    assert.equal(await screen(' 1000 ada\n 1001 bob\n', { ada: on, bob: off }), 'no');
    assert.equal(await screen(' 1000 ada\n 1001 bob\n', { ada: on, bob: on }), 'yes');
  });

  it('is unknown where nobody sits at it, or where their settings can’t be read', async () => {
    assert.equal(await screen('  120 gdm\n', {}), 'unknown');
    assert.equal(await screen('', {}), 'unknown');
    assert.equal(await screen(' 1000 ada\n', {}), 'unknown');
    assert.equal(await screen(' 1000 ada;reboot\n', { 'ada;reboot': ['', 'true\n'] }), 'unknown');
    assert.equal(await screen(' 1000 ada\n', { ada: ['', 'true\n'] }, '1001'), 'unknown');
  });
});

describe('the posture of other machines', () => {
  it('is read from fdesetup and its like on macOS', async () => {
    const tools = {
      'fdesetup status': 'FileVault is On.\n',
      'sysadminctl -screenLock status': { err: 'sysadminctl[1]: screenLock delay is immediate\n' },
      'system_profiler SPiBridgeDataType': '      Secure Boot: Full Security\n',
      'sw_vers -productName': 'macOS\n',
      'sw_vers -productVersion': '15.1\n',
    };
    const yes = {
      diskEncrypted: 'yes',
      screenLock: 'yes',
      secureBoot: 'yes',
      system: 'macOS 15.1',
    };
    assert.deepEqual(await gather('darwin', mockTools(tools)), yes);
    const off = { ...tools, 'fdesetup status': 'FileVault is Off.\n' };
    assert.equal((await gather('darwin', mockTools(off)))?.diskEncrypted, 'no');
    const odd = { ...tools, 'fdesetup status': 'FileVault is On.\nFileVault is Off.\n' };
    assert.equal((await gather('darwin', mockTools(odd)))?.diskEncrypted, 'unknown');
  });

  const saver = (name: string, value: number) =>
    `HKEY_CURRENT_USER\\Control Panel\\Desktop\r\n    ${name}    REG_SZ    ${value}\r\n`;

  it('is locked on Windows by a policy of the machine, or by a screen saver that asks for the password', async () => {
    const POLICY = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System';
    const screen = async (policy: string, active?: number, secure?: number) => {
      const said: Record<string, string> = {
        [`reg query ${POLICY} /v InactivityTimeoutSecs`]: policy,
      };
      for (const [name, value] of [
        ['ScreenSaveActive', active],
        ['ScreenSaverIsSecure', secure],
      ] as const) {
        if (value === undefined) continue;
        said[`reg query HKCU\\Control Panel\\Desktop /v ${name}`] = saver(name, value);
      }
      return (await gather('win32', mockTools(said)))?.screenLock;
    };
    const after = (hex: string) => `HKEY\r\n    InactivityTimeoutSecs    REG_DWORD    ${hex}\r\n`;
    assert.equal(await screen(after('0x384'), 1, 0), 'yes');
    assert.equal(await screen(after('0x0'), 1, 0), 'no');
    assert.equal(await screen('', 1, 1), 'yes');
    assert.equal(await screen('', 0, 1), 'no');
    assert.equal(await screen('', 1), 'unknown');
    assert.equal(await screen(''), 'unknown');
  });

  it('is read from manage-bde and its like on Windows, whatever language it speaks', async () => {
    const tools = {
      'manage-bde -status C: -protectionaserrorlevel': { code: 0 },
      'reg query HKCU\\Control Panel\\Desktop /v ScreenSaveActive': saver('ScreenSaveActive', 1),
      'reg query HKCU\\Control Panel\\Desktop /v ScreenSaverIsSecure': saver(
        'ScreenSaverIsSecure',
        1,
      ),
      powershell: 'True\r\n',
      'cmd /d /c ver': '\r\nMicrosoft Windows [Version 10.0.26100.2314]\r\n',
    };
    assert.deepEqual(await gather('win32', mockTools(tools)), {
      diskEncrypted: 'yes',
      screenLock: 'yes',
      secureBoot: 'yes',
      system: 'Microsoft Windows [Version 10.0.26100.2314]',
    });
    const without = { ...tools, 'manage-bde -status C: -protectionaserrorlevel': { code: 1 } };
    const disk = async (out: string) =>
      (await gather('win32', mockTools({ ...without, 'manage-bde -status C:': out })))
        ?.diskEncrypted;
    assert.equal(await disk('    Protection Status:    Protection Off\r\n'), 'no');
    assert.equal(await disk('    Schutzstatus:    Der Schutz ist deaktiviert.\r\n'), 'unknown');
  });

  it('is not guessed at elsewhere', () => {
    assert.equal(gather('aix', mockTools({})), undefined);
    assert.equal(gather('toString', mockTools({})), undefined);
  });
});

describe('a posture report', () => {
  it('is signed word for word, with each kind of key that devices have certificates for', () => {
    const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    const p1363 = { dsaEncoding: 'ieee-p1363' } as const;
    for (const [{ privateKey, publicKey }, hash, check] of [
      [generateKeyPairSync('ed25519'), null, {}],
      [generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'sha256', p1363],
      [generateKeyPairSync('ec', { namedCurve: 'P-384' }), 'sha384', p1363],
      [generateKeyPairSync('ec', { namedCurve: 'P-521' }), 'sha512', p1363],
      [generateKeyPairSync('rsa', { modulusLength: 2048 }), 'sha256', pss],
    ] as const) {
      const posture = {
        diskEncrypted: 'yes',
        screenLock: 'no',
        secureBoot: 'unknown',
        system: 'x',
      } as const;
      const how = {
        audience: 'https://a.example',
        now: 1_767_600_000_000,
        key: privateKey,
        certificate: undefined,
      };
      const { report, signature } = signReport(posture, how);
      assert.ok(PostureReport.safeParse(JSON.parse(report)).success);
      const text = Buffer.from(`sallyport-posture-v1\n${report}`);
      const given = Buffer.from(signature, 'base64url');
      assert.ok(verify(hash, text, { key: publicKey, ...check }, given));
    }
  });
});
