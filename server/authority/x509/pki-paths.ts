/** Where the door for lists and certificates has them: what certificates say, and what the door serves, is said once. */
const PKI = '/pki';

export const pkiPaths = {
  ocsp: `${PKI}/ocsp`,
  list: (ca: string) => `${PKI}/crl/${ca}.crl`,
  certificate: (ca: string) => `${PKI}/ca/${ca}.cer`,
} as const;
