/** The object identifiers that certificates, lists and answers of ours and of others are made of. */

export const attributes = {
  commonName: '2.5.4.3',
  serialNumber: '2.5.4.5',
  country: '2.5.4.6',
  organisation: '2.5.4.10',
  organisationalUnit: '2.5.4.11',
  /** RFC 2985 §5.2.1. */
  emailAddress: '1.2.840.113549.1.9.1',
} as const;

export const extensions = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  issuingDistributionPoint: '2.5.29.28',
  deltaCrl: '2.5.29.27',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
  ocspNonce: '1.3.6.1.5.5.7.48.1.2',
  /** Modbus/TCP Security §8.4. */
  modbusRole: '1.3.6.1.4.1.50316.802.1',
} as const;

export const keyUses = {
  any: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
  /** RFC 4334 §2. */
  eapOverLan: '1.3.6.1.5.5.7.3.14',
  /** TCG EK Credential Profile: keys with which a TPM speaks of others (tcg-kp-AIKCertificate). */
  attestationKey: '2.23.133.8.3',
  /** The same: the key by which makers know each TPM (tcg-kp-EKCertificate). */
  endorsementKey: '2.23.133.8.1',
  smartcardLogon: '1.3.6.1.4.1.311.20.2.2',
} as const;

/** What is said of TPMs in alternative names. */
export const tpm = {
  manufacturer: '2.23.133.2.1',
  model: '2.23.133.2.2',
  version: '2.23.133.2.3',
  permanentIdentifier: '1.3.6.1.5.5.7.8.3',
  hardwareModuleName: '1.3.6.1.5.5.7.8.4',
} as const;

export const access = {
  ocsp: '1.3.6.1.5.5.7.48.1',
  issuers: '1.3.6.1.5.5.7.48.2',
} as const;

export const ocspBasic = '1.3.6.1.5.5.7.48.1.1';
/** RFC 2985 §5.4.2: what a request asks for. */
export const extensionRequest = '1.2.840.113549.1.9.14';
export const userPrincipalName = '1.3.6.1.4.1.311.20.2.3';

/** Named bits of a key usage (RFC 5280 §4.2.1.3). */
export const keyUsageBits = {
  digitalSignature: 0,
  keyEncipherment: 2,
  keyAgreement: 4,
  keyCertSign: 5,
  crlSign: 6,
} as const;

/** What signs certificates here and is believed here, with the hash as node:crypto wants it. Others are of old, or unknown. */
export const signatures: Readonly<
  Record<string, { readonly hash: string | null; readonly key: 'ec' | 'rsa' | 'ed25519' }>
> = {
  '1.2.840.10045.4.3.2': { hash: 'sha256', key: 'ec' },
  '1.2.840.10045.4.3.3': { hash: 'sha384', key: 'ec' },
  '1.2.840.10045.4.3.4': { hash: 'sha512', key: 'ec' },
  '1.2.840.113549.1.1.11': { hash: 'sha256', key: 'rsa' },
  '1.2.840.113549.1.1.12': { hash: 'sha384', key: 'rsa' },
  '1.2.840.113549.1.1.13': { hash: 'sha512', key: 'rsa' },
  '1.3.101.112': { hash: null, key: 'ed25519' },
};
