/** Errors about machines: devices, their certificates, and hosts with SSH. A part of the table in problems.ts. */
import type { ProblemKind } from './problem-kind.ts';

export const machineProblems = {
  // ---- Devices ------------------------------------------------------------------------------------------------------
  'mac-taken': {
    status: 409,
    title: 'Another device has that MAC address',
    detail:
      'A MAC address leads to one device. Look whether it is the same one, or retire that one.',
  },
  'serial-taken': {
    status: 409,
    title: 'Another device has that serial number',
    detail: 'A serial number leads to one device. Look whether it is there already.',
  },
  'network-taken': {
    status: 409,
    title: 'Another device speaks from there',
    detail:
      'An address from which a device asks leads to that one device. Take it away there first.',
    members: { network: 'The first one that is taken.' },
  },
  'device-retired': {
    status: 409,
    title: 'This device was retired',
    detail: 'A retired device comes back by no way. Add it anew: its name is free.',
  },
  'device-proof-not-valid': {
    status: 422,
    title: 'The proof can’t be taken',
    detail:
      'What was sent for this kind of proof is not of its form, too weak, or not of this device. Nothing was changed.',
    members: { says: 'What is wrong with it.' },
  },
  'posture-refused': {
    status: 403,
    title: 'The report was not taken',
    detail:
      'It was not signed by a device that is known here, is older than five minutes, was sent before, or is not of its form. Look at the clock and the key of the device.',
  },
  'tpm-refused': {
    status: 403,
    title: 'The TPM was not bound to a device',
    detail:
      'The pass is not good, or the TPM did not show what it has to. Who holds a good pass is told in `says` what it was.',
    members: { says: 'What is wrong, where the pass is good.' },
  },

  // ---- Certificates ---------------------------------------------------------------------------------------------------
  'certificate-refused': {
    status: 422,
    title: 'No certificate is issued for this',
    detail:
      'The request, the profile and the subject do not agree, or one of them is not good enough. `why` and `says` tell what it was.',
    members: {
      why: 'A word of a closed list (docs/authority.md).',
      says: 'The same in a sentence.',
    },
  },
  'certificate-revoked': {
    status: 409,
    title: 'It is revoked already',
    detail: 'A certificate is revoked once, and stays so. Nothing was changed.',
  },

  'trust-refused': {
    status: 422,
    title: 'That CA or list is not taken',
    detail:
      'It can’t be read, is no CA that can be judged here, or is a list that this CA did not sign, that is older than the one that is here or that is of a time to come. `why` and `says` tell what it was.',
    members: {
      why: '`malformed`, `not-a-ca`, `foreign-list`, `old-list` or `early-list`.',
      says: 'The same in a sentence.',
    },
  },

  'company-token-refused': {
    status: 422,
    title: 'That makes nobody’s company token',
    detail: 'No upstream server is configured (`proofs.upstream`), or the name can’t be one there.',
  },
  'card-refused': {
    status: 422,
    title: 'That certificate makes nobody’s card',
    detail:
      'It can’t be read, is not good at this moment, is not for people, or was issued to somebody else. `why` and `says` tell what it was.',
    members: {
      why: 'A word of a closed list (docs/smart-cards.md).',
      says: 'The same in a sentence.',
    },
  },

  // ---- Workloads ----------------------------------------------------------------------------------------------------
  'selector-not-valid': {
    status: 422,
    title: 'Nothing can be known by that',
    detail:
      'Write `uid:NUMBER` or `unit:NAME.service`, and with one of them `path:/FILE` or `sha256:HEX`, each once. A file alone is anyone’s: they can run it, and look into it while it runs.',
    members: {
      why: '`malformed`, `twice` (no program is both), or `anyones`.',
      selector: 'The one that it is about; null for `anyones`.',
    },
  },
  'workload-known-already': {
    status: 409,
    title: 'Programs like that are this process already',
    detail: 'There is a workload of this process with these selectors. Nothing was changed.',
  },

  // ---- SSH ----------------------------------------------------------------------------------------------------------
  'ssh-key-not-valid': {
    status: 422,
    title: 'No certificate is made for this key',
    detail:
      'Send the one line of a `.pub` file: Ed25519, ECDSA, RSA of 3072 bits or more, or a security key’s. Keys that were revoked, and those of an authority, are not taken.',
    members: { says: 'What is wrong with it.' },
  },
  'ssh-account-refused': {
    status: 403,
    title: 'Not with this account',
    detail:
      'You may log in at this host, but with the accounts in `accounts` alone. Where there are several, name one; where there is none, no policy that lets you in says what your certificate would be good for.',
    members: { accounts: 'Those that the policies offer you there.' },
  },
  'ssh-terms-conflict': {
    status: 403,
    title: 'The policies contradict one another',
    detail:
      'Several policies let you in, and what they say of commands or networks can’t all hold. Ask an administrator to look at their `@ssh` lines.',
  },
} as const satisfies Record<string, ProblemKind>;
