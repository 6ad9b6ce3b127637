/** Commands that change a network device for good, its image and how it boots among them (T1601, T1556.004), however they are written. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createChangeWindows } from '../../server/gate/network/change-windows.ts';
import { commandConfig } from '../../server/gate/network/command-config.ts';
import { readCommand } from '../../server/gate/network/command-text.ts';
import {
  createSensitive,
  sensitiveCommands,
} from '../../server/gate/network/sensitive-commands.ts';

const isSensitive = createSensitive({ more: [], ordinary: [] });
const judged = (line: string) => {
  const read = readCommand(line, []);
  return read.ok ? isSensitive(read.value.text) : read.error;
};

describe('a command at a network device', () => {
  it('is compared in lower case, with one space between two words, and without the end that IOS adds', () => {
    assert.deepEqual(readCommand('Show', ['IP  ', ' route', '<cr>']), {
      ok: true,
      value: { name: 'show', words: ['show', 'ip', 'route'], text: 'show ip route' },
    });
    assert.deepEqual(readCommand('<cr>', []), {
      ok: true,
      value: { name: '<cr>', words: ['<cr>'], text: '<cr>' },
    });
  });

  it('is refused with a control character, or one that only looks like a letter', () => {
    for (const spoilt of ['\n', '\r', '\t', '\0', '\x08', '\x1b[2K', '\x7f', '\xa0', '\xf8']) {
      assert.deepEqual(readCommand('show', [`ver${spoilt}sion`]), { ok: false, error: 'control' });
      assert.deepEqual(readCommand(`re${spoilt}load`, []), { ok: false, error: 'control' });
    }
  });

  it('is refused when it is longer than the record takes, or nothing at all', () => {
    assert.equal(readCommand('x'.repeat(1024), []).ok, true);
    assert.deepEqual(readCommand('x'.repeat(1025), []), { ok: false, error: 'long' });
    assert.deepEqual(readCommand('', ['', ' ']), { ok: false, error: 'empty' });
  });
});

describe('the list of sensitive commands', () => {
  const sensitive = [
    'reload',
    'reload in 5',
    'reload /noconfirm',
    'boot system flash:image.bin',
    'boot nxos bootflash:image.bin',
    'copy tftp: flash:',
    'copy tftp://192.0.2.1/image.bin flash:image.bin',
    'copy scp: flash0:/image.bin',
    'copy tftp flash',
    'copy usb0:image bootflash:',
    'copy http://x/y flash-1:',
    'copy tftp: running-config',
    'install add file flash:image activate commit',
    'install all nxos bootflash:x',
    'software install file flash:x',
    'request platform software package install switch all file x',
    'request system software add /var/tmp/x',
    'archive download-sw tftp://x',
    'write erase',
    'erase startup-config',
    'delete flash:image.bin',
    'delete /force flash:image.bin',
    'format flash:',
    'configure replace flash:backup',
    'username eve privilege 15',
    'no aaa new-model',
    'ip nat inside source',
    'clear logging',
    'tclsh',
    'bash',
    'run bash',
    'event manager applet x',
    'archive tar /xtract tftp://192.0.2.1/x.tar flash:',
    'archive tar /create flash:x.tar flash:',
    'archive copy-sw /overwrite 2',
    'copy tftp://192.0.2.1/evil startup-config',
    'no logging host 192.0.2.1',
    'no logging on',
    'default logging',
    'no archive',
    'clear accounting log',
    'snmp-server community public rw',
    'no snmp-server community secret',
    'snmp-server user eve group v3',
    'username eve secret x',
    'no username ada',
    'no aaa authorization commands 15',
    'no login',
    'login local',
    'privilege exec level 1 reload',
    'enable algorithm-type scrypt secret x',
    'crypto key zeroize rsa',
    'crypto key generate rsa',
    'factory-reset all',
    'rmdir flash:images',
    'rename flash:a flash:b',
    // EOS
    'extension x.swix',
    'daemon x',
    'event-handler x',
    'schedule x interval 5 command bash true',
    'management api http-commands',
    'no management api http-commands',
    // NX-OS
    'feature nxapi',
    'no feature tacacs+',
    'role name eve',
    // JunOS
    'set system login user eve class super-user',
    'set system services telnet',
    'set system radius-server 192.0.2.66',
    'set system syslog file messages any none',
    'set snmp community public authorization read-write',
    'set event-options policy x',
    'set forwarding-options port-mirroring',
    'deactivate system syslog',
    'delete system syslog',
    'load set terminal',
    'load merge /var/tmp/x',
    'request system snapshot',
    'request system storage cleanup',
    'request system configuration rescue delete',
  ];
  const ordinary = [
    'show version',
    'show running-config',
    'show ip nat translations',
    'show flash:',
    'dir flash:',
    'configure terminal',
    'conf t',
    'conf',
    'write memory',
    'wr',
    'wr mem',
    'copy running-config startup-config',
    'copy run start',
    'copy flash:config.text tftp://192.0.2.1/config',
    'interface gigabitethernet 1/0/24',
    'int gi1/0/24',
    'shutdown',
    'no shutdown',
    'ip address 192.0.2.1 255.255.255.0',
    'exit',
    'end',
    'ping 192.0.2.1',
    'traceroute 192.0.2.1',
    'clear counters',
    'terminal length 0',
    'disable',
    'logging host 192.0.2.1',
    'description reload of the night',
    'description uplink -> core',
    'default interface gi1/0/1',
    'show running-config | include reload',
    'show log | begin erase',
    'logging trap informational',
    'show archive',
    'show snmp-server community',
    'archive config',
    'copy startup-config tftp://192.0.2.1/x',
    'no snmp trap link-status',
    'no lldp run',
    'ex',
    'exi',
    'router bgp 65000',
    'set interfaces ge-0/0/1 description logging',
    'request interface set',
    'show system login',
    'feature lldp',
    'login',
  ];

  it('finds what changes a device for good', () => {
    for (const line of sensitive) assert.equal(judged(line), true, line);
  });

  it('leaves alone what people do all day', () => {
    for (const line of ordinary) assert.equal(judged(line), false, line);
  });

  it('finds them under any abbreviation of their words, in any case and with any spaces', () => {
    const keyword = (word: string) => word !== '*' && word !== '**';
    const lines = Object.values(sensitiveCommands).flat();
    const abbreviated = fc.constantFrom(...lines).chain((line) =>
      fc
        .tuple(
          ...line
            .split(' ')
            .filter((word) => word !== '**')
            .map((word) =>
              keyword(word)
                ? fc
                    .integer({ min: Math.max(1, word.indexOf('|')), max: word.length })
                    .map((length) => word.replace('|', '').slice(0, length))
                : fc.constantFrom('x', '192.0.2.1', 'a:b'),
            ),
        )
        .chain((words) =>
          fc
            .tuple(fc.boolean(), fc.constantFrom(' ', '   '))
            .map(([upper, space]) => (upper ? words.join(space).toUpperCase() : words.join(space))),
        ),
    );
    fc.assert(
      fc.property(abbreviated, (line) => {
        assert.equal(judged(line), true, line);
      }),
      { numRuns: 2000 },
    );
  });

  it('finds what was missed once as devices abbreviate it, and hides none of it behind what no command has', () => {
    for (const line of [
      'arch ta /x tftp://192.0.2.1/x.tar fl:',
      'no logg h 192.0.2.1',
      'n logging on',
      'do no log on',
      'snmp comm public rw',
      'snmp-s c public',
      'no snmp-ser comm public',
      'user eve priv 15',
      'usern eve sec x',
      'no aa new-model',
      'cry k z',
      'cryp key zero rsa',
      'wr er',
      'w e',
      'era nvram:',
      'form flash:',
      'del /f /r flash:x',
      'CRYPTO  KEY   ZEROIZE',
      'set sys login user eve',
      'req sys stor cleanup',
      'run req sys zero',
    ]) {
      assert.equal(judged(line), true, line);
      const words = line.split(' ').filter((word) => word !== '');
      for (const spoilt of ['\x08', '\x7f', '\0', '\n', '\x1b[D', '\u00a0']) {
        assert.equal(judged(words.join(spoilt)), 'control', JSON.stringify(words.join(spoilt)));
        assert.equal(judged(`show x${spoilt}${line}`), 'control');
      }
    }
  });

  it('finds them behind what devices let stand before a command, or between two', () => {
    for (const line of [
      'do reload',
      'do do rel',
      'no boot system',
      'default username eve',
      'def username eve',
      'de user eve',
      'do-exec reload',
      'admin reload',
      'adm do rel',
      'ex sud reload',
      'run request system reboot',
      'show version ; reload',
      'show version;rel',
      'show version | redirect flash:x',
      'show version | tee bootflash:x',
      'show run | append flash:x',
      'show run | red flash:x',
      'show run > bootflash:x',
      'show run >> x',
      'show run >x',
      '"reload"',
      "'re'load",
      're\\load',
      're$xload',
      '{ reload }',
    ]) {
      assert.equal(judged(line), true, line);
    }
  });

  it('is changed by the configuration', () => {
    const { sensitive, ordinary } = commandConfig.parse({
      sensitive: ['no ip routing', 'shutdown'],
      ordinary: ['ip nat **'],
    });
    const changed = createSensitive({ more: sensitive, ordinary });
    assert.equal(changed('no ip rou'), true);
    assert.equal(changed('shut'), true);
    assert.equal(changed('ip nat inside'), false);
    assert.equal(changed('reload'), true);
  });
});

describe('windows for changes', () => {
  const windows = commandConfig.parse({
    windows: [
      { name: 'night', days: ['tue'], from: '22:00', to: '04:00', zone: 'Europe/Paris' },
      { name: 'noon', from: '12:00', to: '13:00' },
    ],
  }).windows;
  const open = createChangeWindows(windows);
  const at = (time: string) => open(Date.parse(time));

  it('are open from their first minute up to their last, in their time zone, past midnight too', () => {
    // 2026-11-24 is a Tuesday, and Paris an hour ahead.
    assert.deepEqual(at('2026-11-24T20:59:59Z'), []);
    assert.deepEqual(at('2026-11-24T21:00:00Z'), ['night']);
    assert.deepEqual(at('2026-11-25T02:59:59Z'), ['night']);
    assert.deepEqual(at('2026-11-25T03:00:00Z'), []);
    assert.deepEqual(at('2026-11-25T21:00:00Z'), []);
    assert.deepEqual(at('2026-11-24T00:30:00Z'), []);
    assert.deepEqual(at('2026-11-26T12:30:00Z'), ['noon']);
  });

  it('are not to be written with a zone or a time that there is none of', () => {
    const one = { name: 'night', from: '22:00', to: '04:00' };
    assert.equal(commandConfig.safeParse({ windows: [one] }).success, true);
    assert.equal(commandConfig.safeParse({ windows: [{ ...one, zone: 'Mars' }] }).success, false);
    assert.equal(commandConfig.safeParse({ windows: [{ ...one, to: '24:00' }] }).success, false);
  });
});
