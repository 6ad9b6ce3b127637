/** What is done with certificates, the authority, cards and workloads, and who may do it by a door. */
import { createListFetching, type ListFetchingDeps } from '../authority/x509/list-fetching.ts';
import type { Trusted } from '../authority/x509/trusted.ts';
import {
  type AuthorityActsDeps,
  createAuthorityActs,
} from '../gate/use-cases/certificates/authority-acts.ts';
import {
  type AuthorityAdministrationDeps,
  createAuthorityAdministration,
} from '../gate/use-cases/certificates/authority-administration.ts';
import {
  type CertificateActsDeps,
  createCertificateActs,
} from '../gate/use-cases/certificates/certificate-acts.ts';
import {
  type CertificateAdministrationDeps,
  createCertificateAdministration,
} from '../gate/use-cases/certificates/certificate-administration.ts';
import {
  type CardAdministrationDeps,
  createCardAdministration,
} from '../gate/use-cases/people/card-administration.ts';
import { type CardsDeps, createCards } from '../gate/use-cases/people/cards.ts';
import {
  type CompanyTokensDeps,
  createCompanyTokens,
} from '../gate/use-cases/people/company-tokens.ts';
import {
  createWorkloadActs,
  type WorkloadActsDeps,
} from '../gate/use-cases/workloads/workload-acts.ts';
import { createWorkloadAdministration } from '../gate/use-cases/workloads/workload-administration.ts';

type Deps = CertificateActsDeps &
  CardsDeps &
  CompanyTokensDeps &
  WorkloadActsDeps &
  Omit<CertificateAdministrationDeps, 'certificateActs'> &
  Omit<AuthorityAdministrationDeps, 'certificateActs' | 'authorityActs'> &
  AuthorityActsDeps &
  Omit<CardAdministrationDeps, 'cards'> &
  Omit<ListFetchingDeps, 'trusted'> & { readonly authority: { readonly trusted: Trusted } };

export function createCertificateParts(deps: Deps) {
  const { gate } = deps;
  const certificateActs = createCertificateActs(deps);
  const authorityActs = createAuthorityActs(deps);
  const cards = createCards(deps);
  const workloadActs = createWorkloadActs(deps);
  return {
    listFetching: createListFetching({
      ...deps,
      trusted: { list: deps.authority.trusted.list, importList: authorityActs.importList },
    }),
    certificateActs,
    authorityActs,
    certificateAdministration: createCertificateAdministration({ ...deps, certificateActs }),
    authorityAdministration: createAuthorityAdministration({
      ...deps,
      certificateActs,
      authorityActs,
    }),
    cards,
    companyTokens: createCompanyTokens(deps),
    cardAdministration: createCardAdministration({ ...deps, cards }),
    workloadActs,
    workloadAdministration: createWorkloadAdministration({ gate, workloadActs }),
  };
}
