/**
 * Who is at the other end of a Unix socket: what its kernel noted when it connected (SO_PEERCRED, unix(7)), which nobody without
 * the rights to do so can choose. Node has no word for it, so a helper that inherits the socket asks: perl, in whose core
 * `getsockopt` is. docs/decisions/0013-who-calls-on-a-unix-socket.md says why, and what it can't see.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /**
   * When the process began, in ticks since the machine did: with the pid, it names one process for ever. Undefined where the
   * kernel (before 6.5) can't show that the pid is still that of whoever connected; then nothing is to be read by the pid.
   */
  readonly start: string | undefined;
}

export interface AskPeer {
  (descriptor: number): Promise<PeerCredentials | undefined>;
  /** What this machine lacks for it, in words for people; undefined where nothing is missing. */
  readonly lacks?: () => string | undefined;
}

const PERL = '/usr/bin/perl';
const PATIENCE = 5000;

/**
 * Descriptor 3 is the socket. SOL_SOCKET is 1, SO_PEERCRED 17 and SO_PEERPIDFD 77 in Linux's include/uapi/asm-generic/socket.h;
 * where they are other numbers, the answer has another length, and is refused. The descriptor of the process (pidfd) is looked
 * at after the process's line was read: if it still names the pid then, the line was of no other.
 */
const SCRIPT = `
open(my $socket, '+<&=', 3) or exit 2;
my $cred = getsockopt($socket, 1, 17);
exit 3 unless defined $cred && length $cred == 12;
my ($pid, $uid, $gid) = unpack('lLL', $cred);
my $start = '';
my $held = getsockopt($socket, 1, 77);
if ($pid > 0 && defined $held && length $held == 4 && open(my $stat, '<', "/proc/$pid/stat")) {
  my $line = <$stat>;
  my $fd = unpack('l', $held);
  if (defined $line && open(my $info, '<', "/proc/self/fdinfo/$fd")) {
    my ($named) = map { /^Pid:\\s+(-?\\d+)/ ? $1 : () } <$info>;
    $line =~ s/^.*\\)//s;
    my @field = split ' ', $line;
    $start = $field[19] if defined $named && $named == $pid;
  }
}
print "$pid $uid $gid $start";
`;

export function createAskPeer(perl: string = PERL): AskPeer {
  const ask = (descriptor: number) =>
    new Promise<PeerCredentials | undefined>((resolve) => {
      const helper = spawn(perl, ['-e', SCRIPT], {
        cwd: '/',
        env: {},
        stdio: ['ignore', 'pipe', 'ignore', descriptor],
        timeout: PATIENCE,
        killSignal: 'SIGKILL',
      });
      let said = '';
      helper.stdout?.setEncoding('latin1').on('data', (text: string) => {
        said += text;
      });
      helper.on('error', () => resolve(undefined));
      helper.on('close', (code) => resolve(code === 0 ? readAnswer(said) : undefined));
    });
  const lacks = () =>
    existsSync(perl) ? undefined : `${perl} is not there, which tells who calls on a socket`;
  return Object.assign(ask, { lacks });
}

function readAnswer(said: string): PeerCredentials | undefined {
  const [, pid, uid, gid, start] = /^(\d+) (\d+) (\d+) (\d*)$/.exec(said) ?? [];
  if (pid === undefined || uid === undefined || gid === undefined) return undefined;
  return { pid: Number(pid), uid: Number(uid), gid: Number(gid), start: start || undefined };
}
