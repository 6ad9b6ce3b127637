/** Runs a tool of the system and gives what it said. No shell is in between, and nothing that is typed reaches it. */
import { execFile } from 'node:child_process';

export interface ToolAnswer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Undefined where the tool is not there, took too long, or said more than anybody reads. */
export type RunTool = (tool: string, args: readonly string[]) => Promise<ToolAnswer | undefined>;

const TIMEOUT = 10_000;
/** A TPM may look for the primes of a long key for a minute. */
const LONG = 120_000;
const MOST = 256 * 1024;

const runFor =
  (timeout: number): RunTool =>
  (tool, args) =>
    new Promise((done) => {
      const options = {
        timeout,
        maxBuffer: MOST,
        encoding: 'utf8',
        windowsHide: true,
        // Words are read, so they have to be the same everywhere.
        env: { ...process.env, LC_ALL: 'C', LANG: 'C' },
      } as const;
      execFile(tool, [...args], options, (error, out, err) => {
        if (error === null) return done({ code: 0, out, err });
        done(typeof error.code === 'number' ? { code: error.code, out, err } : undefined);
      });
    });

export const runTool = runFor(TIMEOUT);
export const runSlowTool = runFor(LONG);
