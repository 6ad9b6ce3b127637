// What `./sallyport` runs. The command line itself is in command-line.ts, the commands in groups.ts.
import { runCommandLine } from './terminal/command-line.ts';

const { argv, env, stdout, stderr } = process;
// Whoever reads our output may have read enough, as `| head` does: that is no fault of ours.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
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
