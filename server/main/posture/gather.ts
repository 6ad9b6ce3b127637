/**
 * What a device is like, as its system's own tools report it. Each answer is `yes`, `no` or `unknown`, and what a tool did not
 * clearly say is `unknown`: a report that guesses would be worth nothing.
 */
import type { PostureAnswer } from '@sallyport/contract/devices.ts';
import { z } from 'zod';
import type { RunTool } from './run-tool.ts';

export interface Posture {
  readonly diskEncrypted: PostureAnswer;
  readonly screenLock: PostureAnswer;
  readonly secureBoot: PostureAnswer;
  readonly system: string;
}

export type Platform = 'linux' | 'darwin' | 'win32';

const GATHERS: Readonly<Record<Platform, (run: RunTool) => Promise<Posture>>> = {
  linux: async (run) => ({
    diskEncrypted: await linuxDisk(run),
    screenLock: await linuxScreen(run),
    secureBoot: await linuxBoot(run),
    system: await linuxSystem(run),
  }),
  darwin: async (run) => ({
    diskEncrypted: said(await run('fdesetup', ['status']), {
      yes: /^FileVault is On\./m,
      no: /^FileVault is Off\./m,
    }),
    screenLock: said(await run('sysadminctl', ['-screenLock', 'status']), {
      yes: /screenLock delay is (?:immediate|\d)/,
      no: /screenLock is off/,
    }),
    secureBoot: said(await run('system_profiler', ['SPiBridgeDataType']), {
      yes: /^\s*Secure Boot: Full Security\s*$/m,
      no: /^\s*Secure Boot: (?:No|Medium|Reduced|Permissive) Security\s*$/m,
    }),
    system: await macSystem(run),
  }),
  win32: async (run) => ({
    diskEncrypted: await windowsDisk(run),
    screenLock: await windowsScreen(run),
    secureBoot: said(
      await run('powershell', [
        '-NoProfile',
        '-NonInteractive',
        '-Command',
        'Confirm-SecureBootUEFI',
      ]),
      { yes: /^True\s*$/m, no: /^False\s*$/m },
    ),
    system: words((await run('cmd', ['/d', '/c', 'ver']))?.out) || 'Windows',
  }),
};

export function gather(platform: string, run: RunTool): Promise<Posture> | undefined {
  return Object.hasOwn(GATHERS, platform) ? GATHERS[platform as Platform](run) : undefined;
}

/** One of the two sentences that a tool says when it knows; anything else is not known. */
function said(
  answer: { readonly out: string; readonly err: string } | undefined,
  { yes, no }: { readonly yes: RegExp; readonly no: RegExp },
): PostureAnswer {
  const text = answer === undefined ? '' : `${answer.out}\n${answer.err}`;
  const [is, isNot] = [yes.test(text), no.test(text)];
  if (is === isNot) return 'unknown';
  return is ? 'yes' : 'no';
}

/** What a report takes: one line, of what can be seen. */
function words(text: string | undefined): string {
  return (text ?? '')
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, 128);
}

/** Where people's data lies. Each has to stand on an encrypted device (dm-crypt: LUKS and plain). */
const PLACES = ['/', '/home'];

async function linuxDisk(run: RunTool): Promise<PostureAnswer> {
  const sources = new Set<string>();
  for (const place of PLACES) {
    const found = await run('findmnt', ['-n', '-o', 'SOURCE', '--target', place]);
    // Of a subvolume of btrfs: /dev/mapper/x[/@home].
    const source = found?.out.trim().replace(/\[.*\]$/, '') ?? '';
    if (!/^\/dev\/[\w./+:@-]{1,200}$/.test(source)) return 'unknown';
    sources.add(source);
  }
  let all: PostureAnswer = 'yes';
  for (const source of sources) {
    const one = await onCrypt(run, source);
    if (one === 'no') return 'no';
    if (one === 'unknown') all = 'unknown';
  }
  return all;
}

/** Looks from a file system down to the disk, whether dm-crypt is in between. */
async function onCrypt(run: RunTool, source: string): Promise<PostureAnswer> {
  const tree = await run('lsblk', ['--inverse', '--json', '--output', 'TYPE', source]);
  const [block] = tree?.code === 0 ? blocksIn(tree.out) : [];
  const seen = block === undefined ? 'unknown' : allOnCrypt(block);
  if (seen !== 'unknown') return seen;
  const name = /^\/dev\/mapper\/([\w.+:@-]+)$/.exec(source)?.[1];
  if (name === undefined) return 'unknown';
  const table = await run('dmsetup', ['table', name]);
  return table?.code === 0 && /^\d+ \d+ crypt /m.test(table.out) ? 'yes' : 'unknown';
}

const Blocks = z.array(z.looseObject({ type: z.string(), children: z.unknown().optional() }));
type Block = z.infer<typeof Blocks>[number];

function blocksIn(text: string): readonly Block[] {
  try {
    return blocksOf(JSON.parse(text)?.blockdevices);
  } catch {
    return []; // Another lsblk than we know.
  }
}

const blocksOf = (told: unknown): readonly Block[] => Blocks.safeParse(told).data ?? [];

/** A volume may lie on several disks: each has to be behind dm-crypt. Only where the way down to one was seen is it known that it is not. */
function allOnCrypt({ type, children }: Block): PostureAnswer {
  if (type === 'crypt') return 'yes';
  const below = blocksOf(children).map(allOnCrypt);
  if (below.includes('no')) return 'no';
  if (below.length > 0) return below.includes('unknown') ? 'unknown' : 'yes';
  return type === 'disk' && children === undefined ? 'no' : 'unknown';
}

/** Those of people; what shows the login screen has a number below. */
const FIRST_PERSON = 1000;

/** Settings are each person's own: it locks where those of everybody who sits at it say so. */
async function linuxScreen(run: RunTool): Promise<PostureAnswer> {
  const own = (await run('id', ['-u']))?.out.trim();
  // Without it the settings are there all the same, and nobody follows them.
  const shells = await run('ps', ['-C', 'gnome-shell', '-o', 'uid=,user:64=']);
  const people = new Map<string, string>();
  for (const line of (shells?.out ?? '').split('\n')) {
    const [, uid = '', user = ''] = /^\s*(\d+)\s+(\S+)\s*$/.exec(line) ?? [];
    if (uid !== '' && (uid === own || Number(uid) >= FIRST_PERSON)) people.set(uid, user);
  }
  const answers: PostureAnswer[] = [];
  for (const [uid, user] of people) {
    if (uid === own) answers.push(await gnomeScreen(run));
    else answers.push(own === '0' ? await gnomeScreen(as(user, run)) : 'unknown');
  }
  if (answers.includes('no')) return 'no';
  return answers.length === 0 || answers.includes('unknown') ? 'unknown' : 'yes';
}

/**
 * With the home, and so the settings, of somebody else; for root alone. What their profile runs has no terminal: in that of root it
 * could type (TIOCSTI, CVE-2016-2779).
 */
function as(user: string, run: RunTool): RunTool {
  return async (tool, args) =>
    /^[a-z_][a-z0-9_.@-]*$/i.test(user)
      ? // What is run is written here, and none of it typed.
        run('setsid', [
          '-w',
          'runuser',
          '-l',
          '-s',
          '/bin/sh',
          '-c',
          [tool, ...args].join(' '),
          user,
        ])
      : undefined;
}

async function gnomeScreen(run: RunTool): Promise<PostureAnswer> {
  const idle = await run('gsettings', ['get', 'org.gnome.desktop.session', 'idle-delay']);
  if (/^uint32 0\s*$/m.test(idle?.out ?? '')) return 'no';
  const schema = 'org.gnome.desktop.screensaver';
  return said(await run('gsettings', ['get', schema, 'lock-enabled']), {
    yes: /^true\s*$/m,
    no: /^false\s*$/m,
  });
}

async function linuxBoot(run: RunTool): Promise<PostureAnswer> {
  const asked = said(await run('mokutil', ['--sb-state']), {
    yes: /^SecureBoot enabled/m,
    no: /^SecureBoot disabled/m,
  });
  if (asked !== 'unknown') return asked;
  return said(await run('bootctl', ['status', '--no-pager']), {
    yes: /^\s*Secure Boot: enabled \((?:user|deployed)\)/m,
    no: /^\s*Secure Boot: disabled/m,
  });
}

async function linuxSystem(run: RunTool): Promise<string> {
  const release = (await run('cat', ['/etc/os-release']))?.out ?? '';
  const name = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release)?.[1];
  const kernel = (await run('uname', ['-sr']))?.out;
  return words([name, kernel].filter((part) => part !== undefined).join(', ')) || 'Linux';
}

async function macSystem(run: RunTool): Promise<string> {
  const name = (await run('sw_vers', ['-productName']))?.out;
  const version = (await run('sw_vers', ['-productVersion']))?.out;
  return words([name, version].filter((part) => part !== undefined).join(' ')) || 'macOS';
}

/** Its sentences are in the language of the system; its exit code is not. */
async function windowsDisk(run: RunTool): Promise<PostureAnswer> {
  const drive = ['-status', 'C:'];
  const guarded = await run('manage-bde', [...drive, '-protectionaserrorlevel']);
  if (guarded?.code === 0) return 'yes';
  return said(await run('manage-bde', drive), {
    // Protection that is suspended protects nothing.
    yes: /Protection Status:\s+Protection On\b/,
    no: /Protection Status:\s+Protection Off\b/,
  });
}

const DESKTOP = 'HKCU\\Control Panel\\Desktop';
const POLICY = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System';

/** By a policy of the whole machine; else by the screen saver of whoever runs this, which has to be there and to ask for the password. */
async function windowsScreen(run: RunTool): Promise<PostureAnswer> {
  const machine = await run('reg', ['query', POLICY, '/v', 'InactivityTimeoutSecs']);
  if (/InactivityTimeoutSecs\s+REG_DWORD\s+0x0*[1-9a-f]/i.test(machine?.out ?? '')) return 'yes';
  const one = async (name: string) =>
    said(await run('reg', ['query', DESKTOP, '/v', name]), {
      yes: new RegExp(`${name}\\s+REG_SZ\\s+1\\s*$`, 'm'),
      no: new RegExp(`${name}\\s+REG_SZ\\s+0\\s*$`, 'm'),
    });
  const answers = [await one('ScreenSaveActive'), await one('ScreenSaverIsSecure')];
  if (answers.includes('no')) return 'no';
  return answers.includes('unknown') ? 'unknown' : 'yes';
}
