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
