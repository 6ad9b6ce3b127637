// What `./sallyport` runs. The command line itself is in command-line.ts, the commands in groups.ts.
import { runCommandLine } from './command-line.ts';

const { argv, env, stdout, stderr } = process;
process.exitCode = await runCommandLine({
  args: argv.slice(2),
  environment: env,
  folder: process.cwd(),
  stdout,
  stderr,
});
