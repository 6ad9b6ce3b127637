/**
 * Which rule of a site answers for a request: the most specific that fits, whatever order they were written in. A whole path is
 * more specific than all below one, a longer path than a shorter, one that names methods than one that names none, and the same
 * of networks. Where no rule fits nobody gets in; where two readers of a path would come to different rules, nobody does either.
 */
import type { SiteRule } from '@sallyport/contract/resources.ts';
import { checkedNetworks, type Networks } from '../kernel/networks.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import { fold, type SitePath } from './site-path.ts';

export type { SiteRule };

export interface SiteRequest {
  readonly method: string;
  /** The client's. */
  readonly address: string;
  readonly path: SitePath;
}

export interface SiteRules {
  find(request: SiteRequest): Result<SiteRule, 'no-rule' | 'ambiguous'>;
}

interface Read {
  readonly rule: SiteRule;
  /** As it is written, and folded; without the `*` where all below is meant. */
  readonly exact: string;
  readonly folded: string;
  readonly below: boolean;
  readonly fitsNetwork: Networks | undefined;
}

export function readSiteRules(rules: readonly SiteRule[]): SiteRules {
  const read = rules.map(readRule).sort(bySpecificity);

  function first(method: string, address: string, fits: (rule: Read) => boolean): Read[] {
    const found: Read[] = [];
    for (const one of read) {
      const [best] = found;
      if (best !== undefined && bySpecificity(best, one) !== 0) break;
      if (!fits(one) || !takes(one.rule, method)) continue;
      if (one.fitsNetwork === undefined || one.fitsNetwork(address)) found.push(one);
    }
    return found;
  }

  return {
    find({ method, address, path }) {
      const asWritten = first(method, address, (one) => covers(one.exact, one.below, path.path));
      const asFolded = first(method, address, (one) => covers(one.folded, one.below, path.folded));
      const [rule] = asWritten;
      const [other] = asFolded;
      if (rule === undefined && other === undefined) return failed('no-rule');
      // Of two that are as specific as each other it is open which one is meant.
      const open = asWritten.length > 1 || asFolded.length > 1 || rule !== other;
      return open || rule === undefined ? failed('ambiguous') : ok(rule.rule);
    },
  };
}

function readRule(rule: SiteRule): Read {
  const below = rule.path.endsWith('/*');
  const exact = below ? rule.path.slice(0, -1) : rule.path;
  const fitsNetwork = rule.networks.length === 0 ? undefined : checkedNetworks(rule.networks);
  return {
    rule,
    exact,
    folded: below ? fold(exact.slice(0, -1)) : fold(exact),
    below,
    fitsNetwork,
  };
}

/** `/keys/*` is all below `/keys/`, and `/keys` itself. */
function covers(rule: string, below: boolean, path: string): boolean {
  if (!below) return path === rule;
  const place = rule.endsWith('/') ? rule.slice(0, -1) : rule;
  return path === place || (path.startsWith(place) && path[place.length] === '/');
}

/** HEAD is GET without the body (RFC 9110 §9.3.2). */
function takes({ methods }: SiteRule, method: string): boolean {
  return (
    methods.length === 0 ||
    methods.includes(method) ||
    (method === 'HEAD' && methods.includes('GET'))
  );
}

function bySpecificity(a: Read, b: Read): number {
  return (
    Number(a.below) - Number(b.below) ||
    b.folded.length - a.folded.length ||
    Number(b.rule.methods.length > 0) - Number(a.rule.methods.length > 0) ||
    Number(b.fitsNetwork !== undefined) - Number(a.fitsNetwork !== undefined)
  );
}
