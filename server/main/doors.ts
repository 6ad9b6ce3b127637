/**
 * Every door, in one visible table. To add one: its folder in doors/, a line here, and its line in the door matrix: where proofs are
 * shown at it in test/doors/matrix.test.ts, where it sends people to our pages first in test/doors/entrances.ts.
 */
import type { Config } from '../config/sections.ts';
import { createAcmeDoor } from '../doors/acme/acme-door.ts';
import { createApiDoor } from '../doors/api/api-door.ts';
import { createEstDoor } from '../doors/est/est-door.ts';
import { createOidcDoor } from '../doors/oidc/oidc-door.ts';
import { registrationAt } from '../doors/oidc/own/registration-endpoint.ts';
import { createProviderHandler } from '../doors/oidc/provider/provider-handler.ts';
import type { Meters } from '../doors/ops/meters.ts';
import { createOpsDoor } from '../doors/ops/ops-door.ts';
import { createPkiAnswers } from '../doors/pki/pki-answers.ts';
import { createPkiDoor } from '../doors/pki/pki-door.ts';
import { createProxyDoor } from '../doors/proxy/proxy-door.ts';
import { proxyRules } from '../doors/proxy/proxy-rules.ts';
import { createSshDoor } from '../doors/ssh/ssh-door.ts';
import { createAppPages } from '../doors/web/app-pages.ts';
import { createWebDoor } from '../doors/web/web-door.ts';
import { createCsrfTokens } from '../http/csrf.ts';
import type { HttpDoor } from '../http/http-door.ts';
import type { Listener } from '../http/listener.ts';
import { checkedNetworks } from '../kernel/networks.ts';
import { cardsOrigin } from './cards.ts';
import type { House } from './house.ts';
import { houseGauges, waitsFor } from './house-gauges.ts';

export interface DoorDeps {
  readonly house: House;
  readonly config: Config;
  readonly listener: Listener;
  readonly meters: Meters;
}

export function createDoors({ house, config, listener, meters }: DoorDeps): readonly HttpDoor[] {
  const { gate, portal, enrolments, activity, clock, random, vault } = house;
  const { administration, governance, reading, exporting, keys, people } = house;
  const { apps, processAdministration, resourceAdministration } = house;
  const { deviceAdministration, postureReports } = house;
  const { origin, secure } = listener;
  const trustedNetwork = checkedNetworks(config.listen.trustedNetworks);
  const key = vault.derive('web');
  const served = { origin, secure, trustedNetwork };
  const forOneself = { gate, portal, enrolments, activity, clock };
  return [
    createOidcDoor({
      ...house.oauth,
      clock,
      signing: house.signing,
      trustedNetwork,
      clientCertificates: config.listen.tls?.clientCertificates ?? false,
      registration: config.oidc.registration ? house.appRegistration : undefined,
      provider: createProviderHandler({
        issuer: house.oauth.issuer,
        secure,
        apps,
        signing: house.signing,
        clock,
        key: vault.derive('oidc'),
        pages: createAppPages({ clock, organisation: config.web.organisation }),
        signOut: portal.signOut,
        device: config.oidc.deviceGrant,
        ciba: config.oidc.ciba,
        appRequests: house.appRequests,
        signedRequests: house.signedRequests,
        refusedRequest: house.oauth.refusedRequest,
        report: house.report,
      }),
    }),
    createWebDoor({
      ...served,
      ...forOneself,
      apps,
      appRequests: house.appRequests,
      logIns: house.ownLogIns,
      sites: house.sites,
      random,
      key,
      organisation: config.web.organisation,
      upstream: config.proofs.upstream.servers.length > 0,
      cards: config.cards.enabled ? () => cardsOrigin(config, origin()) : undefined,
    }),
    createApiDoor({
      ...served,
      ...forOneself,
      apps,
      ownApi: house.oauth.ownApi,
      administration,
      cardAdministration: house.cardAdministration,
      companyTokens: house.companyTokens,
      logInAdministration: house.logInAdministration,
      approvalAdministration: house.approvalAdministration,
      processAdministration,
      workloadAdministration: house.workloadAdministration,
      deviceAdministration,
      postureReports,
      enrolmentAdministration: house.enrolmentAdministration,
      tpmBinding: house.tpmBinding,
      certificateAdministration: house.certificateAdministration,
      authorityAdministration: house.authorityAdministration,
      resourceAdministration,
      appInviting: house.appInviting,
      registration: () => (config.oidc.registration ? registrationAt(house.oauth.issuer()) : null),
      governance,
      reading,
      exporting,
      keys,
      sshLogIn: house.sshLogIn,
      sshAdministration: house.sshAdministration,
      people,
      key: vault.derive('api'),
      // Tokens that the web door's pages carry.
      csrf: createCsrfTokens(key),
    }),
    createProxyDoor({
      ...served,
      check: house.sites.check,
      entries: house.sites,
      refused: house.sites.refused,
      signing: house.signing,
      clock,
      random,
      ids: house.ids,
      issuer: house.oauth.issuer,
      rules: proxyRules(config.proxy, config.listen, origin),
      report: house.report,
      notice: house.notice,
    }),
    ...(config.acme.enabled
      ? [
          createAcmeDoor({
            acme: house.acme,
            origin,
            secure,
            trustedNetwork,
            clock,
            report: house.report,
          }),
        ]
      : []),
    ...(config.est.enabled
      ? [
          createEstDoor({
            enrolling: house.enrolling,
            enrolWithKey: config.est.serverKeys ? house.enrolWithKey : undefined,
            authority: house.authority,
            trustedNetwork,
            secure,
            clock,
          }),
        ]
      : []),
    createPkiDoor({ answers: createPkiAnswers(house.authority, clock) }),
    createSshDoor({ ssh: house.ssh, renewal: house.sshHostRenewal, trustedNetwork, clock }),
    createOpsDoor({
      clock,
      meters,
      gauges: () => houseGauges(house),
      waitsFor: () => waitsFor(house),
      mayRead: checkedNetworks(config.metrics.networks),
    }),
  ];
}
