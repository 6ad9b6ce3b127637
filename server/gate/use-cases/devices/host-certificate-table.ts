import type { CertificateKind } from '../../../authority/ssh/ssh-words.ts';
import type { DeviceId } from '../../../kernel/id.ts';
import { tables } from '../../../store/statement.ts';

interface HostTables {
  ssh_certificate: {
    serial: number;
    kind: CertificateKind;
    ca_version: number;
    subject_id: string;
    expires_at: number;
    revoked_at: number | null;
  };
  ssh_ca_key: { kind: CertificateKind; version: number; void_at: number | null };
}

const t = tables<HostTables>();

/** An SSH host's certificate that is good, if it has one: by it the host proves itself to whoever logs in. */
export const goodHostCertificate = t.statement((db, p: { device: DeviceId; now: number }) =>
  db
    .selectFrom('ssh_certificate')
    .innerJoin('ssh_ca_key', (join) =>
      join
        .onRef('ssh_ca_key.kind', '=', 'ssh_certificate.kind')
        .onRef('ssh_ca_key.version', '=', 'ssh_certificate.ca_version'),
    )
    .select(['ssh_certificate.serial', 'ssh_certificate.expires_at'])
    .where('ssh_certificate.subject_id', '=', p.device)
    .where('ssh_certificate.kind', '=', 'host')
    .where('ssh_certificate.expires_at', '>', p.now)
    .where('ssh_certificate.revoked_at', 'is', null)
    .where('ssh_ca_key.void_at', 'is', null)
    .orderBy('ssh_certificate.expires_at', 'desc')
    .limit(1),
);
