/** What people do with applications, and what these are told of it: signing in, consent, requests, endings, registration. */

import type { Gate } from '../gate/gate.ts';
import { type AppEndingsDeps, createAppEndings } from '../gate/use-cases/apps/app-endings.ts';
import { createAppPings } from '../gate/use-cases/apps/app-pings.ts';
import { type AppRequestDeps, createAppRequests } from '../gate/use-cases/apps/app-requests.ts';
import { createAppStates } from '../gate/use-cases/apps/app-states.ts';
import { createAppTokens } from '../gate/use-cases/apps/app-tokens.ts';
import { type AppsDeps, createApps } from '../gate/use-cases/apps/apps.ts';
import { createAppInvitations } from '../gate/use-cases/apps/registration/app-invitations.ts';
import { createAppInviting } from '../gate/use-cases/apps/registration/app-inviting.ts';
import {
  type AppRegistrationDeps,
  createAppRegistration,
} from '../gate/use-cases/apps/registration/app-registration.ts';
import { createSignedRequests } from '../gate/use-cases/apps/signed-requests.ts';
import { createSubjectOf } from '../gate/use-cases/apps/subject-of.ts';
import type { PostForm } from '../http/post-form.ts';
import type { Vault } from '../vault/vault.ts';

export type AppPartsDeps = Omit<AppsDeps, 'states' | 'subjectOf'> &
  Omit<AppEndingsDeps, 'apps' | 'post'> &
  Omit<AppRequestDeps, 'apps' | 'tell'> &
  Omit<AppRegistrationDeps, 'invitations'> &
  Parameters<typeof createSignedRequests>[0] & {
    readonly gate: Gate;
    readonly vault: Vault;
    /** For applications that want to be told. Where it is left out, none are told. */
    readonly post: PostForm | undefined;
  };

export function createAppParts(deps: AppPartsDeps) {
  const { gate, store, vault, clock, resources, report } = deps;
  const post: PostForm = deps.post ?? (async () => false);
  const states = createAppStates({ store, vault, clock });
  const subjectOf = createSubjectOf(vault);
  const apps = createApps({ ...deps, states, subjectOf });
  const appInvitations = createAppInvitations(deps);
  const tell = createAppPings({ ...deps, apps, post, report });
  return {
    apps,
    appTokens: createAppTokens({ clock, resources, states, subjectOf }),
    appEndings: createAppEndings({ ...deps, apps: () => apps, post }),
    appInvitations,
    appInviting: createAppInviting({ gate, invitations: appInvitations }),
    appRequests: createAppRequests({ ...deps, apps, tell }),
    signedRequests: createSignedRequests(deps),
    appRegistration: createAppRegistration({ ...deps, invitations: appInvitations }),
  };
}
