/** A setting of each kind that makes an installation less safe, and how it is called: whoever announces one announces all of these. */
const MAIL = 'host: m.example, from: a@m.example, user: u';

export const unsafeSettings: readonly (readonly [yaml: string, setting: string])[] = [
  [`mail: { ${MAIL}, password: { env: X }, requireTLS: false }`, 'mail.requireTLS'],
  [`mail: { ${MAIL}, password: hunter2 }`, 'mail.password'],
  ['listen: { trustedProxies: [0.0.0.0/0] }', 'listen.trustedProxies'],
  ['listen: { trustedNetworks: ["::/0"] }', 'listen.trustedNetworks'],
  ['proxy: { trusted: [0.0.0.0/0] }', 'proxy.trusted'],
  ['proxy: { certificate: { header: X-Cert, from: ["::/0"] } }', 'proxy.certificate.from'],
  [
    'cards: { enabled: true, origin: "https://c.example", proxy: { header: X-Cert, from: [0.0.0.0/0] } }',
    'cards.proxy.from',
  ],
  ['fetch: { networks: [0.0.0.0/0] }', 'fetch.networks'],
  ['est: { enabled: true, serverKeys: true }', 'est.serverKeys'],
  ['acme: { enabled: true, networks: [0.0.0.0/0] }', 'acme.networks'],
  ['metrics: { networks: [0.0.0.0/0] }', 'metrics.networks'],
  ['policy: { freshFor: 1h }', 'policy.freshFor'],
  ['gate: { idle: 10h }', 'gate.idle'],
  ['gate: { absolute: 30d }', 'gate.absolute'],
  ['gate: { throttles: { account: { free: 100 } } }', 'gate.throttles.account.free'],
  ['gate: { throttles: { account: { longest: 5s } } }', 'gate.throttles.account.longest'],
  ['database: postgres://u@db.example.com/d?sslmode=require', 'database'],
  ['database: postgres://u:hunter2@localhost/d', 'database'],
  ['radius: { enabled: true, codeAppended: [old-vpn] }', 'radius.codeAppended'],
  ['radius: { enabled: true, messageAuthenticator: anywhere }', 'radius.messageAuthenticator'],
  [
    'radius: { enabled: true, approve: { withoutNumber: [old-vpn] } }',
    'radius.approve.withoutNumber',
  ],
  [
    'tacacs: { enabled: true, plain: false, approve: { withoutNumber: [old-switch] } }',
    'tacacs.approve.withoutNumber',
  ],
  ['tacacs: { enabled: true, plain: true }', 'tacacs.plain'],
  ['proofs: { card: { withPin: { own: true } } }', 'proofs.card.withPin.own'],
  [
    'proofs: { upstream: { servers: [{ host: 192.0.2.9 }], sharedSecret: { env: X }, unsigned: true } }',
    'proofs.upstream.unsigned',
  ],
  ['log: { level: debug }', 'log.level'],
];
