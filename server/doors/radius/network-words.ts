/** What the door and the gate say to each other of network devices and of those who come by them. */
export type {
  AccountingReport,
  AdmitOutcome,
  LoggedIn,
  LogInOutcome,
  Network,
  NetworkClient,
  NetworkSession,
  NetworkSessionId,
} from '../../gate/network/network-words.ts';
