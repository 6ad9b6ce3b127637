/** What lies behind the doors and can be entered: applications, APIs and sites, with what is said of each kind. */
import { z } from 'zod';
import { line } from './api/parts.ts';
import { processProofKinds, ScopeName } from './processes.ts';

export const enterableKinds = ['application', 'api', 'site'] as const;
export const EnterableKind = z.enum(enterableKinds);
export type EnterableKind = z.infer<typeof EnterableKind>;

/** `everyone` is every person. A process enters only what it is listed for, whatever stands here. */
export const Openness = z.enum(['everyone', 'listed']);
export type Openness = z.infer<typeof Openness>;

/** What could be read in two ways, or end a header, has no place in an address that is compared letter by letter. */
const UNSAFE = /[\s\\"<>^`{|}\p{Cc}\p{Cs}]|\P{ASCII}/u;

function parsed(text: string): URL | undefined {
  return UNSAFE.test(text) || !URL.canParse(text) ? undefined : new URL(text);
}

const LOOPBACK: readonly string[] = ['127.0.0.1', '[::1]'];

/** RFC 9700 §2.1 and §4.1.3, RFC 8252 §7: HTTPS, an app's own scheme in reverse domain form, or a loopback address. */
function isRedirect(text: string): boolean {
  const url = parsed(text);
  // A star stands for itself alone, and whoever writes one means something else.
  if (url === undefined || /[#*]/.test(text) || url.username !== '' || url.password !== '') {
    return false;
  }
  if (url.protocol === 'https:') return text.startsWith('https://');
  if (url.protocol === 'http:') return LOOPBACK.includes(url.hostname);
  return /^[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+:$/.test(url.protocol);
}

function isHttps(text: string): boolean {
  const url = parsed(text);
  return (
    url?.protocol === 'https:' && url.username === '' && url.password === '' && !text.includes('#')
  );
}

const RedirectUri = z.string().max(2048).refine(isRedirect, {
  error:
    'must be an https address, one at http://127.0.0.1 or http://[::1] (not localhost) or a scheme of the app’s own, in full',
});
const HttpsUri = z.string().max(2048).refine(isHttps, {
  error: 'must be an https address without a fragment or a name before the host',
});
/** RFC 8707 §2: an absolute URI without a fragment. */
const Audience = z
  .string()
  .max(512)
  .refine((text) => parsed(text) !== undefined && !text.includes('#'), {
    error: 'must be an absolute URI without a fragment',
  });

const once = <T extends z.ZodType>(item: T, most: number) =>
  z
    .array(item)
    .max(most)
    .refine((list) => new Set(list.map((each) => JSON.stringify(each))).size === list.length, {
      error: 'must name each one once',
    });

export const applicationGrants = [
  'authorization_code',
  'refresh_token',
  'device_code',
  'ciba',
] as const;

/** An application that people sign in to with OpenID Connect. Its client id is the resource's id. */
export const ApplicationDetail = z
  .strictObject({
    title: line(z.string().trim().min(1).max(128)).optional().describe('What people read.'),
    redirectUris: once(RedirectUri, 32).default([]).describe('Compared letter by letter.'),
    postLogoutRedirectUris: once(RedirectUri, 32).default([]),
    backchannelLogoutUri: HttpsUri.nullable().default(null),
    cibaNotificationUri: HttpsUri.nullable()
      .default(null)
      .describe('Where it is told that a request of its own in the background was answered.'),
    firstParty: z.boolean().default(true).describe('Others ask people for their consent first.'),
    profile: z.enum(['standard', 'fapi2']).default('standard'),
    clientAuth: z
      .enum(['none', ...processProofKinds])
      .default('none')
      .describe('`none` for what runs on people’s devices; otherwise how it proves itself.'),
    idTokenAlg: z.enum(['ES256', 'EdDSA', 'RS256']).default('ES256'),
    accessTokenFormat: z.enum(['jwt', 'opaque']).default('jwt'),
    boundTokens: z
      .boolean()
      .default(false)
      .describe('Its tokens are bound to a key or certificate.'),
    grants: once(z.enum(applicationGrants), 4).default(['authorization_code', 'refresh_token']),
    pairwiseSector: z
      .string()
      .regex(/^[a-z0-9.-]{1,253}$/, {
        error: 'must be a host in small letters, such as example.com',
      })
      .nullable()
      .default(null)
      .describe('With a host here, people have another subject id than elsewhere.'),
    apis: once(z.strictObject({ audience: Audience, scopes: once(ScopeName, 64) }), 32)
      .default([])
      .describe('What it may ask tokens for in people’s names.'),
  })
  .superRefine(({ profile, clientAuth, idTokenAlg }, { addIssue }) => {
    if (profile !== 'fapi2') return;
    // FAPI 2.0 Security Profile §5.3.2.1 (6), §5.4.1: else nobody could ever sign in to it.
    if (clientAuth !== 'key' && clientAuth !== 'certificate') {
      const message = 'must be key or certificate with the profile fapi2';
      addIssue({ code: 'custom', path: ['clientAuth'], message });
    }
    if (idTokenAlg === 'RS256') {
      const message = 'must be ES256 or EdDSA with the profile fapi2';
      addIssue({ code: 'custom', path: ['idTokenAlg'], message });
    }
  });
export type ApplicationDetail = z.infer<typeof ApplicationDetail>;

/** Of invitations for applications that register themselves: how many registrations, and for how long. */
export const invitationLimits = Object.freeze({ uses: 100, days: 90 });

export const invitationStates = ['good', 'used', 'expired', 'withdrawn', 'orphaned'] as const;
export type InvitationState = (typeof invitationStates)[number];

export const ApiScope = z.strictObject({
  name: ScopeName,
  says: line(z.string().trim().min(1).max(256)).describe('What it lets one do, for people.'),
  sensitive: z.boolean().default(false),
});

export const ApiDetail = z.strictObject({
  audience: Audience.describe('The `aud` of its tokens, and the `resource` that is asked for.'),
  scopes: z
    .array(ApiScope)
    .max(128)
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, {
      error: 'must name each scope once',
    })
    .default([])
    .describe(
      'A process that is listed with the scope `introspect` is this API: it may ask about its tokens, and exchange them.',
    ),
  tokenFormat: z
    .enum(['jwt', 'opaque'])
    .default('jwt')
    .describe('`jwt` can be verified anywhere; `opaque` says nothing to whoever finds one.'),
  tokenSeconds: z.int().min(60).max(86_400).default(600).describe('How long a token lives.'),
  boundTokens: z
    .boolean()
    .default(false)
    .describe('Only tokens that are bound to a key or certificate are given out.'),
});
export type ApiDetail = z.infer<typeof ApiDetail>;

/** As a browser sends it: small letters, a port only where it is not the usual one. */
const Host = z
  .string()
  .regex(/^(?=.{1,253}(?::|$))[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9]\d{0,4})?$/, {
    error: 'must be a host in small letters, such as wiki.example.com or wiki.example.com:8443',
  });

/** `/keys/import` is that path alone; `/keys/*` is all below it. */
const RulePath = z
  .string()
  .max(512)
  .regex(/^\/(?:[A-Za-z0-9._~!$&'()+,;=:@-]+\/)*(?:[A-Za-z0-9._~!$&'()+,;=:@-]+|\*)?$/, {
    error: 'must begin with /, and may end with /* for all that is below',
  })
  .refine((path) => !/\/\.{1,2}(?:\/|$)/.test(path), { error: 'must have no . or .. in it' });

/** `10.0.0.0/8`, or one address. */
const Network = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], {
  error: 'must be an address or a network, such as 10.0.0.0/8',
});

export const SiteRule = z.strictObject({
  path: RulePath,
  methods: once(z.string().regex(/^[A-Z]{1,16}$/), 16)
    .default([])
    .describe('None for all of them.'),
  networks: once(Network, 32).default([]).describe('None for all of them.'),
  function: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)
    .describe('What it is called in policies.'),
  sensitive: z.boolean().default(false),
  public: z.boolean().default(false).describe('Anyone may, whoever they are.'),
});
export type SiteRule = z.infer<typeof SiteRule>;

export const SiteDetail = z.strictObject({
  hosts: once(Host, 32).refine((hosts) => hosts.length > 0, { error: 'must name a host' }),
  rules: z.array(SiteRule).max(256).default([]).describe('The most specific one that fits counts.'),
  cookieSeconds: z
    .int()
    .min(60)
    .max(43_200)
    .nullable()
    .default(null)
    .describe(
      'For how long its cookie is good before the browser comes by Sallyport again and shows its key; null for `proxy.entry`.',
    ),
});
export type SiteDetail = z.infer<typeof SiteDetail>;

export const details = Object.freeze({
  application: ApplicationDetail,
  api: ApiDetail,
  site: SiteDetail,
});
