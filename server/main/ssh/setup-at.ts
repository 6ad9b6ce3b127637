/**
 * What `ssh setup` looks at before it prints what root is to run on a host: whatever answers at that address is what the host will
 * trust for every login. So it has to be there, by TLS that is good, and to publish keys that sign; and the host has to be known there.
 */
import { failed, ok, type Result } from '../../kernel/result.ts';
import { fingerprint, readKeyLine } from '../../wire/ssh/public-key.ts';
import { serverDesk } from '../desks/server/server-desk.ts';
import { deviceAt } from '../device/device-words.ts';
import { connect } from '../remote/connection.ts';
import { remoteDeps } from '../remote/remote.ts';
import { reach, unreachable } from '../remote/token-requests.ts';
import type { CommandContext } from '../terminal/command-context.ts';
import { Ended, EXIT } from '../terminal/exit.ts';
import type { Problem } from '../terminal/output.ts';

const MOST = 64 * 1024;
const MOST_KEYS = 32;

/** What the server and the host are there; ends the command where either is not what it has to be. */
export async function lookAtServer(
  context: CommandContext,
  origin: string,
  host: string,
): Promise<readonly string[]> {
  const output = context.output();
  const keys = await signingKeysAt(origin);
  if (!keys.ok) {
    output.problem(keys.error);
    throw new Ended(EXIT.unavailable);
  }
  const { logins } = remoteDeps(context);
  const login = logins.get(origin);
  if (login.ok && login.value === undefined) {
    // Whoever sets a host up need not be signed in, as on the host itself.
    output.warn(
      `Whether ${host} is a device at ${origin} was not looked up, since you are not signed in there: ./sallyport login ${origin}`,
    );
    return keys.value;
  }
  const { devices } = serverDesk(connect(remoteDeps(context), origin));
  const { kind, status } = await deviceAt(devices, host, output);
  if (status !== 'active') output.warn(`${host} is ${status} there: nobody gets in as things are.`);
  if (kind !== 'server') {
    output.warn(
      `${host} is there as a ${kind}: policies for hosts are about those of kind server.`,
    );
  }
  return keys.value;
}

/** Fingerprints of the keys that sign for people there, as `ssh-keygen -l` shows them. */
async function signingKeysAt(origin: string): Promise<Result<readonly string[], Problem>> {
  const none: Problem = {
    what: `There is no Sallyport at ${origin} that signs for SSH, so no host is to trust it.`,
    mend: 'Look at the address: it is what people type, as https://auth.example.com.',
    data: { code: 'unavailable' },
  };
  let text: string | undefined;
  try {
    const response = await reach(`${origin}/ssh/user-ca.pub`);
    if (!response.ok) return failed(none);
    text = await readAtMost(response);
  } catch (error) {
    return failed(unreachable(origin, error));
  }
  const lines = text?.split('\n').filter((line) => line.trim() !== '') ?? [];
  if (lines.length === 0 || lines.length > MOST_KEYS) return failed(none);
  const fingerprints: string[] = [];
  for (const line of lines) {
    const read = readKeyLine(line);
    if (!read.ok) return failed(none);
    fingerprints.push(fingerprint(read.value.key.blob));
  }
  return ok(fingerprints);
}

/** Undefined when it is longer than any such list. */
async function readAtMost(response: Response): Promise<string | undefined> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    length += piece.length;
    if (length > MOST) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
