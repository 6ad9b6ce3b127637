/**
 * The house: every room, made in the order in which they stand on one another, and handed what it needs. Read this first.
 * Nothing in here decides anything; the doors are in doors.ts, and serve.ts opens them.
 */
import { createSigningKeys } from '../authority/signing-keys.ts';
import { createAuthority } from '../authority/x509/authority.ts';
import { createEntrances } from '../gate/entry/entrances.ts';
import { createGate } from '../gate/gate.ts';
import { gateLimits } from '../gate/gate-config.ts';
import { createNetworkSettling } from '../gate/network/network-settling.ts';
import { carryOver } from '../gate/use-cases/carry-over.ts';
import { createDeviceActs } from '../gate/use-cases/devices/device-acts.ts';
import { createDeviceAdministration } from '../gate/use-cases/devices/device-administration.ts';
import { createDeviceImport } from '../gate/use-cases/devices/device-import.ts';
import { createPostureReports } from '../gate/use-cases/devices/posture-reports.ts';
import { createKeys } from '../gate/use-cases/keys.ts';
import { createActivity } from '../gate/use-cases/people/activity.ts';
import { createEnrolments } from '../gate/use-cases/people/enrolment.ts';
import { createPasses } from '../gate/use-cases/people/passes.ts';
import { createActs } from '../gate/use-cases/people/person-acts.ts';
import { createAdministration } from '../gate/use-cases/people/person-administration.ts';
import { createPortal } from '../gate/use-cases/people/portal.ts';
import { createTokens } from '../gate/use-cases/people/tokens.ts';
import { createGovernance } from '../gate/use-cases/policies/governance.ts';
import { createTryOut } from '../gate/use-cases/policies/trials.ts';
import { createProcessActs } from '../gate/use-cases/processes/process-acts.ts';
import { createProcessAdministration } from '../gate/use-cases/processes/process-administration.ts';
import { createShutOut } from '../gate/use-cases/processes/shut-out.ts';
import { createExporting } from '../gate/use-cases/record/exporting.ts';
import { createReading } from '../gate/use-cases/record/reading.ts';
import { createRecordActs } from '../gate/use-cases/record/record-acts.ts';
import {
  createResourceActs,
  createResourceAdministration,
} from '../gate/use-cases/resources/resource-administration.ts';
import { createSites } from '../gate/use-cases/sites/sites.ts';
import { createSweeper } from '../gate/use-cases/sweeper.ts';
import { createWorkloadIdentities } from '../gate/use-cases/workloads/identities.ts';
import { trustDomainOf } from '../gate/use-cases/workloads/spiffe-id.ts';
import { createSvidEnding } from '../gate/use-cases/workloads/svid-ending.ts';
import { createWorkloadChanges } from '../gate/use-cases/workloads/workload-changes.ts';
import { SECOND } from '../kernel/clock.ts';
import { createIds } from '../kernel/id.ts';
import { failed } from '../kernel/result.ts';
import { loadCedar } from '../policy/cedar.ts';
import { createEngine } from '../policy/engine.ts';
import { createPolicies } from '../policy/policies.ts';
import { createVet } from '../policy/vet.ts';
import type { FetchText } from '../proofs/jwks.ts';
import { createPassIssuing } from '../proofs/pass/issue-pass.ts';
import { createCounter } from '../record/counter.ts';
import {
  createRecord,
  type EventId,
  type Recorder,
  type RecordListener,
} from '../record/record.ts';
import { createRecordReader } from '../record/search.ts';
import { createSequencer } from '../record/sequencer.ts';
import { createBuiltIn } from '../subjects/built-in.ts';
import { createDeviceProofs } from '../subjects/device-proofs.ts';
import { createDevices, type Device } from '../subjects/devices.ts';
import { createPeople } from '../subjects/people.ts';
import { factsOf } from '../subjects/posture.ts';
import { createProcesses } from '../subjects/processes.ts';
import { createResources } from '../subjects/resources.ts';
import { createWorkloads } from '../subjects/workloads.ts';
import { openVault } from '../vault/vault.ts';
import { createAlerts } from '../watch/alerts.ts';
import { createAppParts } from './app-parts.ts';
import { createCertificateParts } from './certificate-parts.ts';
import { createEnrolmentParts } from './enrolment-parts.ts';
import type { HouseDeps } from './house-deps.ts';
import type { HouseSettings } from './house-settings.ts';
import { createNetworkParts } from './network-parts.ts';
import { createOAuthParts } from './oauth-parts.ts';
import { createProcessProofs } from './process-proofs.ts';
import { createProofs } from './proofs.ts';
import { createSshParts } from './ssh-parts.ts';

export type { HouseDeps } from './house-deps.ts';
export type { HouseSettings } from './house-settings.ts';

export type House = Awaited<ReturnType<typeof buildHouse>>;

/** For commands and tests that speak to nobody. */
const noFetch: FetchText = async () =>
  failed({ why: 'nothing is fetched here', retryAt: Number.MAX_SAFE_INTEGER });

export async function buildHouse(deps: HouseDeps, settings: HouseSettings) {
  const { store, rootKeys, kept, clock, random, later, notice, node } = deps;
  const ids = createIds(clock, random);
  const report = (fault: unknown) => notice('error', 'A part of the house failed.', fault);

  // The record seals with the vault's keys, and the vault's own events go into the record: the later one is handed in late.
  let recorder: Recorder | undefined;
  const vault = await openVault({
    store,
    clock,
    random,
    ids,
    rootKeys,
    rereadRootKeys: deps.rereadRootKeys,
    note: async (tx, event) => void (await recorder?.append(tx, event)),
  });
  const alerts = createAlerts({ clock, later, notice, send: deps.sendAlert });
  const listeners: RecordListener[] = [alerts.seen];
  if (deps.onRecorded) listeners.push(deps.onRecorded);
  const appended = (id: EventId, leaf: Uint8Array) => sequencer.appended(id, leaf);
  const record = createRecord({ ids, vault, listeners, appended });
  recorder = record;
  const sequencer = createSequencer({
    store,
    vault,
    clock,
    random,
    later,
    record,
    kept,
    node,
    notice,
    origin: settings.origin,
    restored: () => policies.readAgain(),
  });

  const signing = createSigningKeys({ store, vault, record, clock, random, later, notice });

  const people = createPeople({ vault, record, clock, ids });
  const processes = createProcesses({
    vault,
    record,
    clock,
    ids,
    // Made below: nothing is shut out before the house is whole.
    shutOut: (...shut) => shutOut(...shut),
  });
  const devices = createDevices({ vault, record, clock, ids });
  const deviceProofs = createDeviceProofs({
    store,
    devices,
    vault,
    record,
    clock,
    random,
    ids,
  });
  const origin = () => settings.site.origins[0] ?? '';
  const { outOfReach = () => undefined } = deps;
  const authority = createAuthority(
    { store, vault, record, clock, random, ids, outOfReach },
    { ...settings.authority, origin },
  );
  const svids = createSvidEnding(authority);
  const shutOut = createShutOut({ svids, processes, clock });
  const workloads = createWorkloads({ processes, record, clock, ids });
  const workloadChanges = createWorkloadChanges();
  listeners.push(workloadChanges.seen);
  const builtIn = createBuiltIn(origin);
  const resources = createResources({ record, processes, clock, ids, builtIn, outOfReach });
  const policies = createPolicies({
    engine: createEngine({ load: loadCedar, report }),
    vet: createVet(),
    shipped: deps.shippedPolicies,
    record,
    clock,
    freshFor: settings.policy.freshFor / SECOND,
    report,
  });
  const { modules: proofs, hashing } = await createProofs(
    { clock, random, ids, vault, standing: authority.standing },
    settings.proofs,
    settings.site,
    deps.judge,
  );

  const issuer = () => `${origin()}/oidc`;
  const counter = createCounter({ store, record, clock, later, notice });
  const processProofs = createProcessProofs(
    { clock, random, ids },
    {
      fetch: deps.fetch ?? noFetch,
      outOfReach,
      issuer,
      vouched: (der, how) => store.read((q) => authority.vouched(q, der, how)),
      judge: (der) => store.read((q) => authority.judge(q, [der], 'client')),
    },
  );
  const belowGate = {
    store,
    vault,
    people,
    processes,
    devices,
    deviceProofs,
    deviceFacts: (device: Device, now: number) => factsOf(device, settings.devices, now),
    certificates: authority,
    resources,
    entrances: createEntrances(resources),
    record,
    proofs,
    processProofs,
    policies,
    clock,
    random,
    ids,
  };
  const gate = createGate({
    ...belowGate,
    counter,
    limits: gateLimits(settings.gate, settings.boundSessions === 'required'),
    commands: settings.commands,
    cards: proofs.card,
    carryOver,
    report,
  });
  const networkSettling = createNetworkSettling({
    later,
    settle: gate.settleNetwork,
    forget: gate.forgetClients,
    report,
  });
  listeners.push(networkSettling.seen);
  const shared = { ...belowGate, gate };
  const processActs = createProcessActs({
    ...shared,
    workloads,
    distrusted: authority.distrusted,
    reporting: settings.processes,
  });
  const resourceActs = createResourceActs({ resources, clock });
  const appParts = createAppParts({
    ...shared,
    counter,
    signing,
    issuer,
    post: deps.post,
    later,
    report,
    resourceActs,
    processActs,
    bounds: settings.gate.approvals.requests,
  });
  listeners.push(appParts.appEndings.seen);
  const oauth = createOAuthParts({
    ...shared,
    counter,
    signing,
    appTokens: appParts.appTokens,
    issuer,
    origin,
    report,
  });
  const issuing = createPassIssuing({ clock, random, ids }, settings.proofs.pass);
  const passes = createPasses({ people, vault, record, issuing, clock });
  const tokens = createTokens({ people, record, clock, random, ids });
  const reader = createRecordReader(vault);
  const recordActs = createRecordActs({ ...shared, reader });
  const tryOut = createTryOut({ ...shared, devices, commands: settings.commands });
  const deviceActs = createDeviceActs({
    devices,
    deviceProofs,
    people,
    clock,
    config: settings.devices,
    authority,
  });
  const deviceImport = createDeviceImport({ devices, people });
  const acts = createActs({ ...shared, about: gate.sessions.about, authority });
  const certificateParts = createCertificateParts({
    ...{ ...shared, authority, workloads, svids, card: proofs.card, upstream: proofs.upstream },
    ...{ later, report, fetchList: deps.fetchList },
  });
  return {
    ...shared,
    node,
    networkSettling,
    report,
    notice,
    sequencer,
    signing,
    authority,
    oauth,
    counter,
    hashing,
    passes,
    tokens,
    acts,
    processActs,
    resourceActs,
    tryOut,
    workloads,
    workloadChanges,
    workloadIdentities: createWorkloadIdentities(
      {
        ...shared,
        workloads,
        authority,
        signing,
        counter,
        trustDomain: () => settings.workloads.trustDomain ?? trustDomainOf(origin()),
      },
      { x509: settings.workloads.lifetime, jwt: settings.workloads.tokenLifetime },
    ),
    sweeper: createSweeper({ store, clock, later, notice, expire: deviceProofs.tellExpired }),
    sites: createSites(
      {
        ...shared,
        counter,
        report,
        granted: oauth.grantedTokens,
        dpop: oauth.dpop,
        ready: () => signing.ready(),
      },
      settings.proxy,
    ),
    portal: createPortal({ ...shared, counter }),
    ...appParts,
    ...createNetworkParts({ ...shared, tellApp: appParts.appRequests.tellApp }),
    activity: createActivity({ gate, store, reader, resources, devices }),
    enrolments: createEnrolments({ ...shared, counter }),
    administration: createAdministration({ gate, store, people, acts, passes, tokens, proofs }),
    processAdministration: createProcessAdministration({ gate, processes, processActs }),
    deviceActs,
    deviceImport,
    ...certificateParts,
    deviceAdministration: createDeviceAdministration({ gate, devices, deviceActs, deviceImport }),
    postureReports: createPostureReports({
      ...shared,
      ...{ authority, counter, audience: origin, report },
    }),
    resourceAdministration: createResourceAdministration({ gate, resources, resourceActs }),
    ...createEnrolmentParts(
      { ...shared, ...certificateParts, authority, counter, report },
      deps.challenges,
    ),
    governance: createGovernance({ ...shared, tryOut }),
    reading: createReading({ gate, reader, recordActs }),
    reader,
    recordActs,
    exporting: createExporting({ gate, store, record }),
    ...createSshParts({ ...shared, counter, later, notice, report }),
    keys: createKeys({ gate, store, vault, signing, report }),
  };
}
