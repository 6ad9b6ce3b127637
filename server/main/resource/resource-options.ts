/** What was typed about a resource, as its kind has it. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { details, type EnterableKind, enterableKinds } from '@sallyport/contract/resources.ts';
import { SECOND } from '../../kernel/clock.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { durationWords } from '../terminal/amounts.ts';
import type { Problem } from '../terminal/output.ts';
import { durationTyped, flagOf, noSuch, takenBy } from '../terminal/typed.ts';

export interface DetailOptions {
  readonly title?: string;
  readonly redirect?: readonly string[];
  readonly afterSignOut?: readonly string[];
  readonly clientAuth?: string;
  readonly profile?: string;
  readonly thirdParty?: true;
  readonly firstParty?: true;
  readonly grant?: readonly string[];
  readonly idTokenAlg?: string;
  readonly pairwiseSector?: string;
  readonly tellSignOut?: string;
  readonly api?: readonly string[];
  readonly audience?: string;
  readonly scope?: readonly string[];
  readonly sensitive?: readonly string[];
  readonly tokenLifetime?: string;
  readonly tokenFormat?: string;
  readonly boundTokens?: boolean;
  readonly host?: readonly string[];
  readonly rule?: readonly string[];
  readonly cookieLifetime?: string;
  readonly detail?: string;
}

export function kindTyped(text: string): Result<EnterableKind, Problem> {
  const kind = enterableKinds.find((known) => known === text);
  if (kind !== undefined) return ok(kind);
  return failed(noSuch('kind of resource', text, enterableKinds));
}

export const KIND_WORDS = { application: 'an application', api: 'an API', site: 'a site' } as const;

const TAKES: Readonly<Record<EnterableKind, readonly (keyof DetailOptions)[]>> = {
  application: [
    'title',
    'redirect',
    'afterSignOut',
    'clientAuth',
    'profile',
    'thirdParty',
    'firstParty',
    'grant',
    'idTokenAlg',
    'pairwiseSector',
    'tellSignOut',
    'tokenFormat',
    'boundTokens',
    'api',
    'detail',
  ],
  api: ['audience', 'scope', 'sensitive', 'tokenLifetime', 'tokenFormat', 'boundTokens', 'detail'],
  site: ['host', 'rule', 'cookieLifetime', 'detail'],
};

/** The parts of the detail that were typed; what a file says comes first, and what options say counts. */
export function detailTyped(
  folder: string,
  kind: EnterableKind,
  options: DetailOptions,
): Result<Record<string, unknown>, Problem> {
  const { stray, flags } = takenBy(TAKES, kind, options);
  if (stray !== undefined) {
    return failed({
      what: `${stray} says nothing of ${KIND_WORDS[kind]}.`,
      mend: `It takes ${flags}.`,
    });
  }
  const file = options.detail === undefined ? ok({}) : detailFile(folder, options.detail);
  if (!file.ok) return file;
  const typed = { application: applicationTyped, api: apiTyped, site: siteTyped }[kind](options);
  return typed.ok ? ok({ ...file.value, ...typed.value }) : typed;
}

function detailFile(folder: string, name: string): Result<Record<string, unknown>, Problem> {
  try {
    const read: unknown = JSON.parse(readFileSync(resolve(folder, name), 'utf8'));
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return ok({ ...read });
  } catch {
    // Told below, whatever is wrong with it.
  }
  return failed({ what: `${name} is no file of JSON with an object in it.` });
}

type Typed = Result<Record<string, unknown>, Problem>;

function given(values: Record<string, unknown>): Typed {
  return ok(Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)));
}

function applicationTyped(options: DetailOptions): Typed {
  const { title, redirect, afterSignOut, clientAuth, profile, thirdParty, firstParty, api } =
    options;
  if (thirdParty && firstParty) {
    return failed({
      what: 'It is made by others (--third-party) or your own (--first-party), not both.',
    });
  }
  const apis = api?.map((text) => {
    const [, audience, scopes] = /^(\S+?)#(.*)$/.exec(text) ?? [undefined, text, ''];
    return { audience, scopes: (scopes ?? '').split(',').filter((scope) => scope !== '') };
  });
  return given({
    title,
    redirectUris: redirect,
    postLogoutRedirectUris: afterSignOut,
    clientAuth,
    profile,
    firstParty: thirdParty ? false : firstParty,
    grants: options.grant,
    idTokenAlg: options.idTokenAlg,
    pairwiseSector: options.pairwiseSector,
    backchannelLogoutUri: options.tellSignOut,
    accessTokenFormat: options.tokenFormat,
    boundTokens: options.boundTokens,
    apis,
  });
}

/** Whole seconds, as details have them. */
function secondsTyped(
  option: string,
  typed: string | undefined,
): Result<number | undefined, Problem> {
  if (typed === undefined) return ok(undefined);
  const lasts = durationTyped(option, typed);
  return lasts.ok ? ok(Math.ceil(lasts.value / SECOND)) : lasts;
}

function apiTyped(options: DetailOptions): Typed {
  const { audience, scope, sensitive = [], tokenFormat, boundTokens } = options;
  const scopes = scope?.map((text) => {
    const [, name = text, says] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    return { name, says: says ?? name, sensitive: sensitive.includes(name) };
  });
  const unknown = sensitive.find((name) => !scopes?.some((one) => one.name === name));
  if (unknown !== undefined) {
    return failed({
      what: `--sensitive names ${unknown}, which is no scope here.`,
      mend: 'Give all scopes, each with --scope NAME="What it lets one do".',
    });
  }
  const tokenSeconds = secondsTyped('--token-lifetime', options.tokenLifetime);
  if (!tokenSeconds.ok) return tokenSeconds;
  return given({
    audience,
    scopes,
    tokenSeconds: tokenSeconds.value,
    tokenFormat,
    boundTokens,
  });
}

function siteTyped({ host, rule, cookieLifetime }: DetailOptions): Typed {
  const rules: Record<string, unknown>[] = [];
  for (const text of rule ?? []) {
    const [, methods = '', path = '', name = '', mark, from] =
      /^(?:([A-Z,]+) )?(\/\S*) ([a-z0-9][a-z0-9._-]*)(?: (sensitive|public))?(?: from (\S+))?$/.exec(
        text,
      ) ?? [];
    if (path === '') {
      return failed({
        what: `“${text}” is no rule.`,
        mend: 'Write --rule "POST /keys/import import-keys sensitive from 10.0.0.0/8": methods or none, a path, what it is called, sensitive or public or neither, and networks or none.',
      });
    }
    rules.push({
      path,
      function: name,
      methods: methods === '' ? [] : methods.split(','),
      ...(from === undefined ? {} : { networks: from.split(',') }),
      ...(mark === undefined ? {} : { [mark]: true }),
    });
  }
  const cookieSeconds = secondsTyped('--cookie-lifetime', cookieLifetime);
  if (!cookieSeconds.ok) return cookieSeconds;
  return given({
    hosts: host,
    rules: rule === undefined ? undefined : rules,
    cookieSeconds: cookieSeconds.value,
  });
}

/** The parts of a detail, and the options by which they are typed. */
const OPTION_OF: Readonly<Record<string, keyof DetailOptions>> = {
  redirectUris: 'redirect',
  postLogoutRedirectUris: 'afterSignOut',
  grants: 'grant',
  apis: 'api',
  backchannelLogoutUri: 'tellSignOut',
  accessTokenFormat: 'tokenFormat',
  scopes: 'scope',
  tokenSeconds: 'tokenLifetime',
  hosts: 'host',
  rules: 'rule',
  cookieSeconds: 'cookieLifetime',
  title: 'title',
  clientAuth: 'clientAuth',
  profile: 'profile',
  idTokenAlg: 'idTokenAlg',
  pairwiseSector: 'pairwiseSector',
  audience: 'audience',
  tokenFormat: 'tokenFormat',
  boundTokens: 'boundTokens',
};

/** What does not fit, in words: as this command or a server found it, and as it was typed where options said it. */
export function doesNotFit(fields: unknown, options: DetailOptions = {}): Problem {
  const all: readonly { path: unknown; must: unknown }[] = Array.isArray(fields) ? fields : [];
  const parts = all.map(({ path, must }) => ({
    path: String(path).replace(/^detail\.?/, ''),
    must: String(must),
  }));
  return {
    what: ['That does not fit:', ...parts.map((part) => `- ${partWords(part, options)}`)].join(
      '\n',
    ),
  };
}

function partWords(
  { path, must }: { readonly path: string; readonly must: string },
  options: DetailOptions,
): string {
  const [part = '', ...within] = path.split('.');
  const option = OPTION_OF[part];
  const typed = option === undefined ? undefined : options[option];
  // What no option said stands in the file, in the words of the file.
  if (option === undefined || (typed === undefined && options.detail !== undefined)) {
    return `${path || 'the whole'} must ${must}`;
  }
  const value = Array.isArray(typed) ? typed[Number(within[0])] : typed;
  const of = within.filter((name) => !/^\d+$/.test(name)).join(' of its ');
  const shown = part.endsWith('Seconds') ? must.replace(/\d+$/, lastingWords) : must;
  return `${flagOf(option)}${typeof value === 'string' ? ` “${value}”` : ''}${of === '' ? '' : `: its ${of}`} must ${shown}`;
}

const lastingWords = (seconds: string) => durationWords(Number(seconds) * SECOND);

/** The whole of it, read as the API reads it. */
export function detailRead(kind: EnterableKind, detail: Record<string, unknown>) {
  return details[kind].safeParse(detail);
}
