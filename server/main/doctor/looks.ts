/** Everything that `doctor` looks at, in the order in which things stand on one another. */
import { lookAtAuthority } from './authority-look.ts';
import { lookAtCards } from './cards-look.ts';
import { lookAtClock } from './clock-look.ts';
import { lookAtConfig } from './config-look.ts';
import { lookAtDataFolder } from './data-folder-look.ts';
import { lookAtDatabase } from './database-look.ts';
import { lookAtDevices } from './device-look.ts';
import { lookAtDisk } from './disk-look.ts';
import { lookAtEnrolment } from './enrolment-look.ts';
import { lookAtFiles } from './files-look.ts';
import type { Look } from './look.ts';
import { lookAtMail } from './mail-look.ts';
import { lookAtNetwork } from './network-look.ts';
import { lookAtPeople } from './people-look.ts';
import { lookAtPolicy } from './policy-look.ts';
import { lookAtPorts } from './ports-look.ts';
import { lookAtProcesses } from './process-look.ts';
import { lookAtRecord } from './record-look.ts';
import { lookAtRegistration } from './registration-look.ts';
import { lookAtRootKey } from './root-key-look.ts';
import { lookAtServer } from './server-look.ts';
import { lookAtSpiffe } from './spiffe-look.ts';
import { lookAtSsh } from './ssh-look.ts';
import { lookAtTls } from './tls-look.ts';

export const LOOKS: readonly Look[] = [
  lookAtConfig,
  lookAtFiles,
  lookAtServer,
  lookAtPorts,
  lookAtClock,
  lookAtDataFolder,
  lookAtDisk,
  lookAtRootKey,
  lookAtDatabase,
  lookAtPolicy,
  lookAtPeople,
  lookAtProcesses,
  lookAtDevices,
  lookAtAuthority,
  lookAtEnrolment,
  lookAtCards,
  lookAtNetwork,
  lookAtSsh,
  lookAtSpiffe,
  lookAtRegistration,
  lookAtRecord,
  lookAtTls,
  lookAtMail,
];
