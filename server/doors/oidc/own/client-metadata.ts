/**
 * What an application says of itself when it registers (RFC 7591 §2), and what it is told of itself (§3.2.1). What we do not
 * know is left out, as §2 has it, and the answer tells what was taken; what we know and do not give is refused.
 */
import { ApplicationDetail } from '@sallyport/contract/resources.ts';
import { z } from 'zod';
import {
  type Introduction,
  ownGrants,
} from '../../../gate/use-cases/apps/registration/own-words.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';

/** RFC 7591 §3.2.2. */
export type RegistrationError = 'invalid_redirect_uri' | 'invalid_client_metadata';

export interface NotTaken {
  readonly error: RegistrationError;
  /** Which of the words that we know. */
  readonly field: string;
}

/** As many as a program has; each is where people may be sent. */
const MOST_URIS = 8;
const LOOPBACK = /^http:\/\/(?:127\.0\.0\.1|\[::1\])(?::[1-9]\d{0,4})?\//;

/**
 * HTTPS or, of a program on somebody's computer, a loopback address (RFC 8252 §7.3); written in the one way in which a browser
 * would write it, so that it means one place.
 */
function isPlain(uri: string, ownOrigin: string, native: boolean): boolean {
  const url = URL.parse(uri);
  if (url === null || url.href !== uri || /[*#]/.test(uri) || url.origin === ownOrigin) {
    return false;
  }
  if (url.username !== '' || url.password !== '' || url.hostname.endsWith('.')) return false;
  return url.protocol === 'https:' || (native && LOOPBACK.test(uri));
}

const uris = z.array(z.string().max(2048)).max(MOST_URIS);
const methods = ['none', 'client_secret_basic', 'client_secret_post'] as const;
const REGISTRABLE: ReadonlySet<string> = new Set(ownGrants);

const shape = z.object({
  redirect_uris: uris.min(1),
  post_logout_redirect_uris: uris.default([]),
  client_name: ApplicationDetail.shape.title.unwrap(),
  token_endpoint_auth_method: z.enum(methods).default('client_secret_basic'),
  grant_types: z
    .array(z.enum(ownGrants))
    .max(2)
    .refine((list) => list.includes('authorization_code') && new Set(list).size === list.length)
    .default(['authorization_code']),
  response_types: z.tuple([z.literal('code')]).optional(),
  application_type: z.enum(['web', 'native']).optional(),
  subject_type: z.literal('public').optional(),
  id_token_signed_response_alg: ApplicationDetail.shape.idTokenAlg,
  dpop_bound_access_tokens: z.boolean().default(false),
  require_pushed_authorization_requests: z.literal(false).optional(),
  request_uris: z.tuple([]).optional(),
  /** Words of somebody who vouches for it (§2.3): there is nobody whom we believe. */
  software_statement: z.undefined().optional(),
  sector_identifier_uri: z.undefined().optional(),
  jwks: z.undefined().optional(),
  jwks_uri: z.undefined().optional(),
});

const REDIRECTS: readonly string[] = ['redirect_uris', 'post_logout_redirect_uris'];

function notTaken(field: string): Result<never, NotTaken> {
  const ofRedirects = REDIRECTS.includes(field);
  return failed({ error: ofRedirects ? 'invalid_redirect_uri' : 'invalid_client_metadata', field });
}

export function readClientMetadata(
  value: unknown,
  ownOrigin: string,
): Result<Introduction, NotTaken> {
  const read = shape.safeParse(value);
  if (!read.success) {
    const fields = read.error.issues.map(({ path }) => String(path[0] ?? 'form'));
    // What else is wrong with it comes first: where it leads is of no matter then.
    return notTaken(fields.find((field) => !REDIRECTS.includes(field)) ?? fields[0] ?? 'form');
  }
  const said = read.data;
  const isPublic = said.token_endpoint_auth_method === 'none';
  const native = (said.application_type ?? (isPublic ? 'native' : 'web')) === 'native';
  for (const field of ['redirect_uris', 'post_logout_redirect_uris'] as const) {
    const detail = ApplicationDetail.shape.redirectUris.safeParse(said[field]);
    if (!detail.success || !said[field].every((uri) => isPlain(uri, ownOrigin, native))) {
      return notTaken(field);
    }
  }
  return ok({
    title: said.client_name,
    redirectUris: said.redirect_uris,
    postLogoutRedirectUris: said.post_logout_redirect_uris,
    clientAuth: isPublic ? 'none' : 'secret',
    idTokenAlg: said.id_token_signed_response_alg,
    boundTokens: said.dpop_bound_access_tokens,
    grants: said.grant_types,
  });
}

/** What is ours to say of a registration, and not for its client to send (RFC 7592 §2.2). */
const OURS = [
  'registration_access_token',
  'registration_client_uri',
  'client_id_issued_at',
  'client_secret_expires_at',
];
const secretShape = z.string().min(1).max(512).optional();

/** A whole registration anew: what is not said has its default again (RFC 7592 §2.2). */
export function readClientChange(
  value: unknown,
  client: string,
  ownOrigin: string,
): Result<{ readonly said: Introduction; readonly secret: string | undefined }, NotTaken> {
  const words = typeof value === 'object' && value !== null ? value : {};
  const ours = OURS.find((word) => Object.hasOwn(words, word));
  if (ours !== undefined) return notTaken(ours);
  const { client_id: id, client_secret: given } = words as Readonly<Record<string, unknown>>; // An object, as just seen.
  if (id !== client) return notTaken('client_id');
  const secret = secretShape.safeParse(given);
  if (!secret.success) return notTaken('client_secret');
  const said = readClientMetadata(value, ownOrigin);
  return said.ok ? ok({ said: said.value, secret: secret.data }) : said;
}

/** A secret is taken in the header as in the form, so one of the two is told, whichever was asked for (RFC 7591 §3.2.1). */
const METHODS: Readonly<Record<ApplicationDetail['clientAuth'], string>> = {
  none: 'none',
  secret: 'client_secret_basic',
  key: 'private_key_jwt',
  workload: 'private_key_jwt',
  certificate: 'tls_client_auth',
};

/** The application as it is, in the words of RFC 7591 §2. */
export function clientInformation({
  title,
  detail,
}: {
  readonly title: string;
  readonly detail: ApplicationDetail;
}): Readonly<Record<string, unknown>> {
  const web = detail.redirectUris.every((uri) => uri.startsWith('https:'));
  return {
    redirect_uris: detail.redirectUris,
    post_logout_redirect_uris: detail.postLogoutRedirectUris,
    client_name: title,
    token_endpoint_auth_method: METHODS[detail.clientAuth],
    grant_types: detail.grants.filter((grant) => REGISTRABLE.has(grant)),
    response_types: ['code'],
    application_type: web ? 'web' : 'native',
    subject_type: detail.pairwiseSector === null ? 'public' : 'pairwise',
    id_token_signed_response_alg: detail.idTokenAlg,
    dpop_bound_access_tokens: detail.boundTokens,
  };
}
