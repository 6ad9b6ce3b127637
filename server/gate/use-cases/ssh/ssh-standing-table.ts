import type { CertificateKind } from '../../../authority/ssh/ssh-words.ts';
import { tables } from '../../../store/statement.ts';

interface StandingTables {
  ssh_certificate: {
    serial: number;
    kind: CertificateKind;
    subject_id: string;
    subject_epoch: number;
    session_id: string | null;
    expires_at: number;
  };
  subject: { id: string; status: string; epoch: number };
  session: { id: string; ended_at: number | null };
}

const t = tables<StandingTables>();

/**
 * Certificates of people whose session was ended or who were changed since, so that what they may is to be judged anew. A session
 * that is over by its time leaves them: they are good for minutes.
 */
export const fallenCertificates = t.statement((db, p: { after: number }) =>
  db
    .selectFrom('ssh_certificate')
    .innerJoin('subject', 'subject.id', 'ssh_certificate.subject_id')
    .leftJoin('session', 'session.id', 'ssh_certificate.session_id')
    .select(['ssh_certificate.kind', 'ssh_certificate.serial'])
    .where('ssh_certificate.expires_at', '>', p.after)
    .where('ssh_certificate.kind', '=', 'user')
    .where((eb) =>
      eb.or([
        eb('subject.epoch', '!=', eb.ref('ssh_certificate.subject_epoch')),
        eb('session.id', 'is', null),
        eb('session.ended_at', 'is not', null),
      ]),
    ),
);

/** Who had certificates that may be good by their time, and may nothing now. */
export const fallenSubjects = t.statement((db, p: { after: number }) =>
  db
    .selectFrom('ssh_certificate')
    .innerJoin('subject', 'subject.id', 'ssh_certificate.subject_id')
    .select(['ssh_certificate.kind', 'ssh_certificate.subject_id'])
    .distinct()
    .where('ssh_certificate.expires_at', '>', p.after)
    .where('subject.status', '!=', 'active'),
);
