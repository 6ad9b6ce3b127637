/** A certificate request as far as a door reads it: that it is one, and which names of hosts it asks for. */
import type { AskedCertificate } from '../../gate/use-cases/devices/enrol.ts';
import { readAlternativeNames } from '../../wire/x509/alternative-names.ts';
import { extensions } from '../../wire/x509/oids.ts';
import { readRequest } from '../../wire/x509/request.ts';

export function readAskedCertificate(der: Uint8Array): AskedCertificate | undefined {
  const request = readRequest(der);
  if (request === undefined) return undefined;
  const extension = request.extensions.get(extensions.subjectAltName);
  const names = extension && readAlternativeNames(extension.value);
  if (extension !== undefined && names === undefined) return undefined;
  return { csr: der, dns: (names?.dns ?? []).map((name) => name.toLowerCase()) };
}
