// What `./sallyport` runs. The command line itself is in command-line.ts, the commands in groups.ts.
import { runCommandLine } from './terminal/command-line.ts';
import { EXIT } from './terminal/exit.ts';

const { argv, env, stdout, stderr } = process;
stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  // Whoever reads our output may have read enough, as `| head` does: that is no fault of ours.
  if (code === 'EPIPE') process.exit();
  stderr.write(
    `The answer can’t be written (${code}), and what it was about may be done. Make room, and look.\n`,
  );
  process.exit(EXIT.failed);
});
// Nobody reads what is said about the work, or there is no room left for it: no reason to break off the work, or a server.
stderr.on('error', () => {});
process.exitCode = await runCommandLine({
  args: argv.slice(2),
  environment: env,
  folder: process.cwd(),
  stdout,
  stderr,
});
