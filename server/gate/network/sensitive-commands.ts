/**
 * Which commands are sensitive: those with which a device gets another software, another start, other people, or loses what it
 * recorded (ATT&CK T1601, T1599, T1556.004, T1070). The list is data, and whoever runs the house adds to it and takes from it with
 * `commands.sensitive` and `commands.ordinary`; what being sensitive means is for policies to say (`context.command.sensitive`).
 *
 * A pattern is a line of words. A word of it matches what begins like it, since devices take abbreviations: `rel` is `reload` here,
 * and so is `r`, which a device may find ambiguous, and we sensitive. Up to a `|` it has to be written out: `config-|register` is
 * not `conf`. `*` is any one word, `**` any number of them.
 */
import { remembered } from '../../kernel/bounded-map.ts';

/** By what they do to a device. */
export const sensitiveCommands: Readonly<Record<string, readonly string[]>> = Object.freeze({
  'restarts it, or lets it start with something else': [
    'reload',
    'reboot',
    'boot *',
    'config-|register *',
    'system switchover',
    'redundancy force-switchover',
    'request system reboot',
    'request system halt',
    'request system power-off',
    'request system zeroize',
    'request vmhost **',
    'request system autorecovery **',
    'request system recover **',
    'hw-module * ** reload',
  ],
  'changes its software': [
    'install **',
    'software *',
    'archive download-sw **',
    'archive upload-sw **',
    'archive copy-sw **',
    'archive tar **',
    'upgrade **',
    'issu *',
    'request system software *',
    'request system snapshot **',
    'exten|sion *',
    'request platform software package *',
    'copy * ** flash',
    'copy * ** bootflash',
    'copy * ** slavebootflash',
    'copy * ** disk',
    'copy * ** slot',
    'copy * ** usb',
    'copy * ** usbflash',
    'copy * ** sup-bootdisk',
    'copy * ** sup-bootflash',
    'copy * ** harddisk',
    'copy * ** nvram',
    'copy * ** system',
    'copy * ** file',
    'copy * ** drive',
    'copy * ** extension',
  ],
  'removes what is stored on it': [
    'write erase',
    'erase **',
    'delete **',
    'format **',
    'squeeze **',
    'file delete **',
    'zerotouch *',
    'factory-reset **',
    'rmdir **',
    'rename **',
    'part|ition **',
    'file rename **',
    'request system storage **',
  ],
  'replaces its configuration': [
    'configure replace **',
    'configure network **',
    'configure overwrite-network **',
    'configure memory',
    'copy * ** running-config',
    'copy tftp ** startup-config',
    'copy ftp ** startup-config',
    'copy sftp ** startup-config',
    'copy scp ** startup-config',
    'copy rcp ** startup-config',
    'copy http ** startup-config',
    'copy https ** startup-config',
    'rollback **',
    'load override **',
    'load replace **',
    'load factory-default',
    'load merge **',
    'load patch **',
    'load set **',
    'load update **',
    'request system configuration **',
  ],
  'changes who may come in': [
    'aaa **',
    'username **',
    'enable secret **',
    'enable password **',
    'enable algorithm-type **',
    'pr|ivilege *',
    'parser view **',
    'role **',
    'login local',
    'login authentication **',
    'no login **',
    'transport input **',
    'management api **',
    'snmp-server community **',
    'snmp-server user **',
    'snmp-server group **',
    'feature privilege',
    'feature telnet',
    'feature nxapi',
    'no feature tacacs+',
    'no service password-encryption',
    'tacacs-|server **',
    'tacacs server **',
    'radius-|server **',
    'radius server **',
    'crypto key **',
    'crypto pki **',
    'crypto ca **',
    'set system login **',
    'set system root-authentication **',
    'set system authentication-order **',
    'set system tacplus-server **',
    'set system tacplus-options **',
    'set system radius-server **',
    'set system radius-options **',
    'set system services **',
    'set snmp community **',
    'set snmp v3 **',
    'set security pki **',
    'deactivate system **',
  ],
  'leads or copies traffic elsewhere': [
    'ip nat **',
    'monitor session **',
    'monitor capture **',
    'event manager **',
    'event-handler **',
    'kron **',
    'schedule **',
    'scheduler **',
    'set event-options **',
    'set system scripts **',
    'set security nat **',
    'set services nat **',
    'set forwarding-options **',
    'alias **',
  ],
  'hides what was done': [
    'clear logging **',
    'clear log **',
    'clear archive **',
    'clear accounting **',
    'logging disable',
    'no logging **',
    'default logging **',
    'no archive **',
    'set system syslog **',
    'set system accounting **',
  ],
  'leaves its command line': [
    'tclsh **',
    'bash **',
    'python **',
    'guestshell **',
    'run bash **',
    'run guestshell **',
    'start shell **',
    'feature bash-shell',
    'platform shell',
    'daemon **',
    'app-hosting **',
  ],
});

/** What stands before a command and leaves it what it is; abbreviated to two letters, too. */
const BEFORE = ['do', 'do-exec', 'no', 'default', 'run', 'exec', 'sudo', 'admin'];
/** What comes after these writes to the device, whatever was shown. */
const WRITES = ['redirect', 'tee', 'append', 'save'];
/** Between these there are commands of their own. */
const SEPARATORS = /[;|&]/;
/** What a shell or a macro would still read something into. */
const UNREADABLE = /[\\`$]/;
/** A file of the device is written, as NX-OS does it; an arrow within a description is none. */
const TO_FILE = /(?:^|\s)>>?\s*\S/;
const MOST_KEPT = 4096;

export interface SensitiveDeps {
  readonly more: readonly string[];
  /** Patterns of the list that are to be left out, as they stand there. */
  readonly ordinary: readonly string[];
}

export type IsSensitive = (text: string) => boolean;

export function createSensitive({ more, ordinary }: SensitiveDeps): IsSensitive {
  const patterns = [...Object.values(sensitiveCommands).flat(), ...more]
    .filter((pattern) => !ordinary.includes(pattern))
    .map((pattern) => pattern.toLowerCase().trim().split(/ +/));
  // People run the same few commands all day.
  return remembered(MOST_KEPT, (text) => judge(patterns, text));
}

function judge(patterns: readonly (readonly string[])[], text: string): boolean {
  if (UNREADABLE.test(text) || TO_FILE.test(text)) return true;
  const commands = text.split(SEPARATORS).map((part) =>
    part
      .replaceAll(/["'{}()]/g, '')
      .split(' ')
      .filter((word) => word !== ''),
  );
  return commands.some((words, index) => {
    if (index > 0 && WRITES.some((word) => begins(words[0] ?? '', word))) return true;
    for (let from = 0; from < words.length; from += 1) {
      const rest = words.slice(from);
      if (patterns.some((pattern) => matches(pattern, rest))) return true;
      const word = words[from] ?? '';
      if (word.length < 2 || !BEFORE.some((whole) => whole.startsWith(word))) return false;
    }
    return false;
  });
}

function matches(pattern: readonly string[], words: readonly string[]): boolean {
  const [first, ...later] = pattern;
  if (first === undefined) return true;
  if (first === '**') {
    return later.length === 0 || words.some((_, from) => matches(later, words.slice(from)));
  }
  const [word, ...rest] = words;
  return word !== undefined && (first === '*' || begins(word, first)) && matches(later, rest);
}

/** Whether a word may stand for a keyword: it is one beginning of it, or names a store of it, as `flash0:/image` does. */
function begins(word: string, keyword: string): boolean {
  const [whole, least] = keyword.includes('|')
    ? [keyword.replace('|', ''), keyword.indexOf('|')]
    : [keyword, 1];
  const abbreviates = (given: string) => given.length >= least && whole.startsWith(given);
  if (abbreviates(word) || word.startsWith(`${whole}-`) || word.startsWith(`${whole}/`))
    return true;
  const store =
    word
      .replace(/^\/+/, '')
      .split(/[:/]/)[0]
      ?.replace(/[-_\d]+$/, '') ?? '';
  return store !== '' && store !== word && abbreviates(store);
}
