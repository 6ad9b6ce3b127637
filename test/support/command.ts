/** Commands of `./sallyport`, run in this process. */
import assert from 'node:assert/strict';
import { type CommandLineInput, runCommandLine } from '../../server/main/terminal/command-line.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function runCommand(
  folder: string,
  args: readonly string[],
  environment: CommandLineInput['environment'] = {},
): Promise<Ran> {
  let [out, err] = ['', ''];
  const code = await runCommandLine({
    args,
    environment,
    folder,
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err };
}

/** Begins an installation in the folder, as a first start would; other commands begin none. */
export async function beginIn(
  folder: string,
  environment: CommandLineInput['environment'] = {},
): Promise<void> {
  const { code, err } = await runCommand(folder, ['migrate', 'up'], environment);
  assert.equal(code, 0, err);
}
