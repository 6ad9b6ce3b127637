/** What is worth what a device or a host shows of itself. */
import type { AnyProofClass, DeviceProofClass } from '../policy/request.ts';

/** Or any other key that it has and signs with. */
const certificate = Object.freeze({
  kind: 'certificate',
  factors: Object.freeze(['have'] as const),
  phishingResistant: true,
  replayResistant: true,
  hardwareBound: false,
  enrolmentOnly: false,
  effort: 0,
});

/** Good for coming to a certificate, and for nothing else. */
const pass = Object.freeze({
  ...certificate,
  kind: 'pass',
  phishingResistant: false,
  enrolmentOnly: true,
});

/** With the TPM that it is bound to, which answers in the same breath. */
const passWithTpm = Object.freeze({ ...pass, hardwareBound: true });

/** What anyone can wear proves nothing. */
const mac = Object.freeze({
  ...certificate,
  kind: 'mac',
  factors: Object.freeze([]),
  phishingResistant: false,
  replayResistant: false,
});

export const deviceClasses = Object.freeze({
  certificate,
  pass,
  passWithTpm,
  mac,
}) satisfies Readonly<Record<string, AnyProofClass | DeviceProofClass>>;
