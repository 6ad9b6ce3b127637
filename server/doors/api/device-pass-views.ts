/** Enrolment passes as they are told to clients. The command line on the machine itself tells the same. */
import type {
  EnrolmentPass,
  IssuedPass,
  PassError,
} from '../../gate/use-cases/devices/enrolment-passes.ts';
import type { TpmRefusal } from '../../gate/use-cases/devices/tpm-binding.ts';
import { Told } from './told.ts';
import { time } from './views.ts';

export function devicePass(pass: EnrolmentPass) {
  const { id, state, uses, used, names, networks, attestationKey, withdrawnAt } = pass;
  return {
    id,
    state,
    uses,
    used,
    names: [...names],
    networks: [...networks],
    attestationKey: attestationKey ?? null,
    createdAt: time(pass.createdAt),
    expiresAt: time(pass.expiresAt),
    withdrawnAt: withdrawnAt === undefined ? null : time(withdrawnAt),
  };
}

export function issuedPass({ id, secret, eab, expiresAt }: IssuedPass) {
  return { id, secret, eab: { ...eab }, expiresAt: time(expiresAt) };
}

export function passProblem(error: PassError): Told {
  return error.code === 'network-not-valid'
    ? new Told('networks-malformed', { says: `${error.network} is no network and no address` })
    : new Told(error.code);
}

export function tpmProblem(error: TpmRefusal): Told {
  switch (error.code) {
    case 'tpm-refused':
      return new Told(error.code, error.says === undefined ? {} : { says: error.says });
    case 'throttled':
      return new Told(error.code, { retryAfter: error.retryAfter });
    default:
      return new Told(error.code, { retryAfter: 5 });
  }
}
