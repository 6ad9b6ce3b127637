import type { OwnProof } from '../../../gate/use-cases/people/portal.ts';
import { type Fill, type Html, html } from '../html.ts';
import type { View } from '../view.ts';
import { when } from '../words.ts';
import { linkButton } from './button.ts';
import { emptyState } from './empty-state.ts';
import { icon } from './icons.ts';

export function proofRows(view: View, proofs: readonly OwnProof[]): Html {
  const { me } = view.texts;
  if (proofs.length === 0) {
    return emptyState(
      me.proofsEmpty,
      me.proofsEmptyText,
      linkButton(me.addProof, '/me/proofs/add', { weight: 'primary' }),
    );
  }
  return html`<ul class="rows">${proofs.map((proof) => row(view, proof))}</ul>
<div class="end">${linkButton(me.addProof, '/me/proofs/add')}</div>`;
}

function row(view: View, proof: OwnProof): Html {
  const { kinds } = view.texts;
  const kind = kinds[proof.kind];
  const facts = [proof.name === kind ? undefined : kind, ...factsOf(view, proof)];
  return html`<li><span class="niche">${icon(proof.kind)}</span>
<span class="said"><b>${proof.name}</b><span class="facts">${facts
    .filter((fact) => fact !== undefined)
    .map(
      (fact) => html`<span>${fact}</span>`,
    )}</span>${proof.otherHost !== undefined && html`<span class="small soft">${view.texts.me.otherHost(proof.otherHost)}</span>`}${!proof.removable && html`<span class="small soft" id="${whyId(proof)}">${view.texts.me.cannotRemove}</span>`}</span>
<span class="does">${deeds(view, proof)}</span></li>`;
}

const whyId = ({ id }: OwnProof) => `why-${id}`;

function factsOf(view: View, proof: OwnProof): Fill[] {
  const { me } = view.texts;
  const began = proof.kind === 'password' ? me.changedAt : me.addedAt;
  return [
    proof.otherHost !== undefined
      ? html`<span class="tag off">${me.notHere}</span>`
      : proof.kind === 'webauthn' || proof.kind === 'card'
        ? html`<span class="tag good">${me.phishingResistant}</span>`
        : undefined,
    proof.codesLeft === undefined ? undefined : me.left(proof.codesLeft),
    proof.lastUsedAt === null ? me.neverUsed : html`${me.usedAt} ${when(view, proof.lastUsedAt)}`,
    html`${began} ${when(view, proof.createdAt)}`,
  ];
}

/** Each is named with its proof for whoever hears the page instead of seeing it. */
function deeds(view: View, proof: OwnProof): Fill[] {
  const { me } = view.texts;
  const to = (words: string, href: string) =>
    linkButton(words, href, { weight: 'quiet', label: `${words}: ${proof.name}` });
  const own = `/me/proofs/${proof.id}`;
  const first =
    proof.kind === 'password'
      ? to(me.change, '/me/proofs/add/password')
      : proof.kind === 'recovery'
        ? to(me.renew, '/me/proofs/add/recovery')
        : proof.kind === 'pass'
          ? undefined
          : to(me.rename, `${own}/rename`);
  const remove = proof.removable
    ? to(me.remove, `${own}/remove`)
    : html`<span class="button quiet" role="link" aria-disabled="true" aria-label="${me.remove}: ${proof.name}" aria-describedby="${whyId(proof)}">${me.remove}</span>`;
  return [first, remove];
}
