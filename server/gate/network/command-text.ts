/**
 * A command as it was typed at a network device, in the one form in which it is compared: lower case, one space between two words.
 * What could be read in two ways is refused: a control character, which a terminal obeys and a log hides, and anything that is not
 * ASCII, which looks like a letter and is none (RFC 8907 §3.7 wants printable ASCII, too).
 */
import { personalLimits } from '@sallyport/contract/event-parts.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';

export interface CommandText {
  /** The first word. */
  readonly name: string;
  readonly words: readonly string[];
  readonly text: string;
}

/** - `control`: a control character, or one beyond ASCII; - `long`: more than the record takes; - `empty`: nothing at all. */
export type CommandFault = 'control' | 'long' | 'empty';

const PRINTABLE = /^[\x20-\x7e]*$/;
/** IOS ends the arguments with it. */
const END = /^<cr>$/i;
/** What is let run is on record to its end. */
const LONGEST = personalLimits.command;

export function readCommand(
  command: string,
  args: readonly string[],
): Result<CommandText, CommandFault> {
  const given = args.at(-1) !== undefined && END.test(args.at(-1) ?? '') ? args.slice(0, -1) : args;
  const whole = [command, ...given].join(' ');
  if (!PRINTABLE.test(whole)) return failed('control');
  if (whole.length > LONGEST) return failed('long');
  const words = whole
    .toLowerCase()
    .split(' ')
    .filter((word) => word !== '');
  const [name] = words;
  return name === undefined ? failed('empty') : ok({ name, words, text: words.join(' ') });
}
