/**
 * Who is at the other end of a Unix socket: what its kernel noted when it connected (SO_PEERCRED, unix(7)), which nobody without
 * the rights to do so can choose. Node has no word for it, so a helper that inherits the sockets asks: perl, in whose core
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

export interface AskPeers {
  /** One answer for each descriptor; undefined for one of whom nothing is known. */
  (descriptors: readonly number[]): Promise<readonly (PeerCredentials | undefined)[]>;
  /** What this machine lacks for it, in words for people; undefined where nothing is missing. */
  readonly lacks?: () => string | undefined;
}

const PERL = '/usr/bin/perl';
const PATIENCE = 5000;

/**
 * The sockets are descriptors 3 and on, as many as the argument says. SOL_SOCKET is 1, SO_PEERCRED 17 and SO_PEERPIDFD 77 in
 * Linux's include/uapi/asm-generic/socket.h; where they are other numbers, the answer has another length, and is none. The
 * descriptor of the process (pidfd) is looked at after the process's line was read: if it still names the pid then, the line was of
 * no other.
 */
const SCRIPT = `
sub about {
  my ($number) = @_;
  open(my $socket, '+<&=', $number) or return '';
  my $cred = getsockopt($socket, 1, 17);
  return '' unless defined $cred && length $cred == 12;
  my ($pid, $uid, $gid) = unpack('lLL', $cred);
  my $start = '';
  my $held = getsockopt($socket, 1, 77);
  return "$pid $uid $gid " unless defined $held && length $held == 4;
  my $fd = unpack('l', $held);
  open(my $pidfd, '<&=', $fd) or return '';
  if ($pid > 0 && open(my $stat, '<', "/proc/$pid/stat")) {
    my $line = <$stat>;
    if (defined $line && open(my $info, '<', "/proc/self/fdinfo/$fd")) {
      my ($named) = map { /^Pid:\\s+(-?\\d+)/ ? $1 : () } <$info>;
      $line =~ s/^.*\\)//s;
      my @field = split ' ', $line;
      $start = $field[19] if defined $named && $named == $pid;
    }
  }
  return "$pid $uid $gid $start";
}
print about($_), "\\n" for 3 .. 2 + $ARGV[0];
`;

export function createAskPeers(perl: string = PERL): AskPeers {
  const ask: AskPeers = (descriptors) =>
    new Promise((resolve) => {
      const nobody = () => resolve(descriptors.map(() => undefined));
      const helper = spawn(perl, ['-e', SCRIPT, String(descriptors.length)], {
        cwd: '/',
        env: {},
        stdio: ['ignore', 'pipe', 'ignore', ...descriptors],
        timeout: PATIENCE,
        killSignal: 'SIGKILL',
      });
      let said = '';
      helper.stdout?.setEncoding('latin1').on('data', (text: string) => {
        said += text;
      });
      helper.on('error', nobody);
      helper.on('close', (code) => {
        const lines = said.split('\n');
        // Each line ends in one; an answer more or less, and nobody knows whose each of them is.
        const whole = code === 0 && lines.pop() === '' && lines.length === descriptors.length;
        if (whole) resolve(lines.map(readAnswer));
        else nobody();
      });
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
