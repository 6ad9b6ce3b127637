/** A pass is given by an administrator, not enrolled by its holder: these two are the gate's, for its use case of issuing. */
import { z } from 'zod';
import { MINUTE } from '../../kernel/clock.ts';
import type { SubjectId } from '../../kernel/id.ts';
import { parseNetworks } from '../../kernel/networks.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { Tx } from '../../store/store.ts';
import type { Box } from '../../vault/vault.ts';
import { putOnly, removeKind, sealedPlace } from '../held-proofs.ts';
import type { ProofDeps, ProofId } from '../proof.ts';
import { hashTypedCode, makeTypedCode } from '../typed-code.ts';
import { GROUP, GROUPS } from './pass.ts';
import type { PassConfig } from './pass-config.ts';

export interface PassTerms {
  readonly lifetimeMinutes?: number;
  /** How often it may be used; once unless said. */
  readonly uses?: number;
  /** Where it may be used from, as CIDR networks; anywhere when empty. */
  readonly networks?: readonly string[];
}

export type PassError =
  | { readonly code: 'too-long-lived'; readonly longestMinutes: number }
  | { readonly code: 'too-many-uses'; readonly mostUses: number }
  /** Which of the terms, and what it must be. */
  | { readonly code: 'malformed'; readonly term: string; readonly must: string }
  /** What is none. */
  | { readonly code: 'networks-malformed'; readonly entry: string };

export interface NewPass {
  readonly proof: ProofId;
  /** The pass itself, to be shown to the issuer once, after the commit. */
  readonly shownOnce: string;
  readonly expiresAt: number;
  readonly uses: number;
  readonly networks: readonly string[];
  /** Keeps it, in place of any pass that the subject had. */
  commit(tx: Tx): Promise<void>;
}

export interface PassIssuing {
  issue(subject: SubjectId, box: Box, terms: PassTerms): Result<NewPass, PassError>;
  /** False when there was none. */
  revoke(tx: Tx, subject: SubjectId): Promise<boolean>;
}

const wellFormed = z.strictObject({
  lifetimeMinutes: z.int().min(1).optional(),
  uses: z.int().min(1).optional(),
  networks: z.array(z.string().max(64)).max(32).optional(),
});

function termThatDoesNotFit({ issues: [first] }: z.ZodError): PassError {
  const term = String(first?.path[0] ?? '');
  return { code: 'malformed', term, must: MUST[term] ?? 'be known' };
}

const MUST: Readonly<Partial<Record<string, string>>> = {
  lifetimeMinutes: 'be a whole number from 1 on',
  uses: 'be a whole number from 1 on',
  networks: 'be at most 32 networks',
};

export function createPassIssuing(
  deps: Pick<ProofDeps, 'clock' | 'random' | 'ids'>,
  config: PassConfig,
): PassIssuing {
  return {
    issue(subject, box, terms) {
      const parsed = wellFormed.safeParse(terms);
      if (!parsed.success) return failed(termThatDoesNotFit(parsed.error));
      const lifetime =
        parsed.data.lifetimeMinutes === undefined
          ? config.lifetime
          : parsed.data.lifetimeMinutes * MINUTE;
      const { uses = 1, networks = [] } = parsed.data;
      const { longest, mostUses } = config;
      if (lifetime > longest) {
        return failed({ code: 'too-long-lived', longestMinutes: longest / MINUTE });
      }
      if (uses > mostUses) return failed({ code: 'too-many-uses', mostUses });
      const read = parseNetworks(networks);
      if (!read.ok) return failed({ code: 'networks-malformed', entry: read.error });
      const now = deps.clock.now();
      const id = deps.ids.next<'proof'>();
      const code = makeTypedCode(deps.random, GROUPS, GROUP);
      const expiresAt = now + lifetime;
      const proof = {
        id,
        subject,
        kind: 'pass',
        name: 'Temporary pass',
        createdAt: now,
        detail: JSON.stringify({ expiresAt, uses, networks }),
        sealed: box.seal(sealedPlace(id), hashTypedCode(code.replaceAll('-', ''), id)),
        counter: 0,
      } as const;
      return ok({
        proof: id,
        shownOnce: code,
        expiresAt,
        uses,
        networks,
        commit: (tx) => putOnly(tx, proof),
      });
    },

    async revoke(tx, subject) {
      return (await removeKind(tx, subject, 'pass')) > 0;
    },
  };
}
