/** What is wrong with a command line, in our own words: what commander found, and commands that there are not. */
import type { Command, CommanderError, Option } from 'commander';
import { nearest } from '../../config/nearest.ts';
import { needed, wordsOf } from './help.ts';
import type { Problem } from './output.ts';
import { didYouMean } from './typed.ts';

/** What people type who know other tools. Only to be asked about: nothing is done under a name that it has not. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  add: ['create', 'new', 'register', 'insert'],
  list: ['ls', 'all', 'index'],
  show: ['get', 'info', 'view', 'describe', 'inspect', 'cat', 'status'],
  change: ['edit', 'update', 'set', 'modify', 'rename'],
  remove: ['rm', 'delete', 'del', 'destroy'],
  erase: ['rm', 'delete', 'del', 'remove'],
  retire: ['rm', 'delete', 'del', 'remove'],
  revoke: ['rm', 'delete', 'del', 'remove', 'end', 'kill'],
  search: ['find', 'grep', 'query', 'list', 'ls'],
  tail: ['follow', 'logs'],
  verify: ['check', 'validate'],
  sign: ['issue', 'add', 'create'],
  issue: ['add', 'create', 'new'],
  person: ['user', 'users', 'people', 'account', 'accounts'],
  process: ['service', 'client', 'robot'],
  resource: ['app', 'apps', 'application', 'applications', 'api', 'site', 'sites'],
  certificate: ['cert', 'certs'],
  authority: ['ca', 'pki'],
  record: ['audit', 'log', 'logs', 'events'],
  serve: ['start', 'run', 'server', 'up'],
  migrate: ['upgrade', 'migration'],
  doctor: ['check', 'diagnose', 'health', 'status'],
  policy: ['policies', 'rule', 'rules'],
};

function meantBy(typed: string, names: readonly string[]): string | undefined {
  const near = nearest(typed, names);
  if (near !== undefined) return near;
  const word = typed.toLowerCase();
  return names.find((name) => ELSEWHERE[name]?.includes(word));
}

/** A word where a command was wanted: `group` is what stands before it, if anything does. */
export function unknownCommand(group: string, typed: string, names: readonly string[]): Problem {
  const behind = group === '' ? '' : `${group} `;
  const meant = meantBy(typed, names);
  const hint = meant === undefined ? '' : ` Did you mean ${behind}${meant}?`;
  return {
    what: `There is no command ${behind}${typed}.${hint}`,
    mend: `./sallyport ${behind}--help lists ${group === '' ? 'them all' : 'what there is'}.`,
  };
}

export function unknownOption(command: Command, typed: string): Problem {
  const flag = typed.replace(/=.*$/s, ''); // What is given to it may be secret.
  const called = wordsOf(command);
  const known: string[] = ['--help'];
  for (let at: Command | null = command; at !== null; at = at.parent) {
    known.push(...at.options.filter(({ hidden }) => !hidden).flatMap(({ long }) => long ?? []));
  }
  const setting = called === 'serve' ? /^--(port|host|origin)$/.exec(flag)?.[1] : undefined;
  const hint = setting === undefined ? didYouMean(flag, known) : '';
  return {
    what: `${called === '' ? './sallyport' : called} has no option ${flag}.${hint}`,
    mend: `${setting === undefined ? '' : settingWords(setting)}${helpWords(command)}`,
  };
}

/** Many servers have it as an option; here it is a setting, so that every command knows it. */
function settingWords(setting: string): string {
  return `Set listen.${setting} in sallyport.yaml, or SALLYPORT_LISTEN__${setting.toUpperCase()} in the environment. `;
}

function helpWords(command: Command): string {
  const called = wordsOf(command);
  return `./sallyport ${called === '' ? '' : `${called} `}--help tells how it is used.`;
}

/** What commander refused of the words behind a command. */
export function usageProblem(error: CommanderError, command: Command): Problem {
  const mend = helpWords(command);
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  switch (error.code) {
    case 'commander.help':
      return { what: `What should ${wordsOf(command)} do?`, mend };
    case 'commander.unknownOption':
      return unknownOption(command, quoted);
    case 'commander.unknownCommand': {
      const names = command.commands.map((one) => one.name());
      return unknownCommand(wordsOf(command), quoted, names);
    }
    case 'commander.missingArgument':
    case 'commander.missingMandatoryOptionValue':
      return missing(command, mend);
    case 'commander.optionMissingArgument': {
      const option = optionOf(command, quoted);
      const says = option === undefined ? '' : ` ${option.description}`;
      return { what: `Something is missing behind ${option?.long}: ${quoted}.${says}`, mend };
    }
    case 'commander.excessArguments':
      return excess(command, mend);
    case 'commander.invalidArgument': {
      const [, argument, why = ''] =
        / is invalid(?: for argument '([^']*)')?\.\s*(.*)$/s.exec(error.message) ?? [];
      const name = argument?.toUpperCase() ?? optionOf(command, quoted)?.long;
      return { what: `${name} can’t be that. ${why}`.trim(), mend };
    }
    default: {
      const what = error.message.replace(/^error: /, '');
      return { what: `${what.charAt(0).toUpperCase()}${what.slice(1)}.`, mend };
    }
  }
}

/** By how it is written in --help, which is what commander names it by. */
function optionOf(command: Command, written: string): Option | undefined {
  for (let at: Command | null = command; at !== null; at = at.parent) {
    const option = at.options.find(({ flags }) => flags === written);
    if (option !== undefined) return option;
  }
  return undefined;
}

/** All that is missing at once: whoever is told of one at a time types the line as many times. */
function missing(command: Command, mend: string): Problem {
  const names = command.registeredArguments
    .filter(({ required }, at) => required && command.args[at] === undefined)
    .map((argument) => [argument.name().toUpperCase(), argument.description] as const);
  const options = needed(command)
    .filter((option) => !isGiven(command, option))
    .map(({ flags, description }) => [flags, description] as const);
  const all = [...names, ...options];
  return {
    what: `${wordsOf(command)} needs ${listed(all.map(([name]) => name))}.`,
    table: { head: ['missing', 'what it is'], rows: all },
    mend,
  };
}

const isGiven = (command: Command, option: Option): boolean =>
  command.getOptionValue(option.attributeName()) !== undefined;

function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

function excess(command: Command, mend: string): Problem {
  const { registeredArguments: taken, args } = command;
  const names = taken.map((argument) => argument.name().toUpperCase());
  const stray = `“${args[taken.length] ?? ''}” is one too many.`;
  const called = wordsOf(command);
  return names.length === 0
    ? { what: `${called} takes no name: ${stray}`, mend }
    : {
        what: `${called} takes ${listed(names)} and no more: ${stray}`,
        mend: `Put what has spaces between quotation marks.\n${mend}`,
      };
}
