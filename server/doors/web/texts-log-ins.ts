export const logInTexts = {
  /** What stands in the activity of log-ins, by what their events say. */
  atDevice: {
    told: {
      'end done': 'A network device ended your login',
      end: 'A network device did not end your login when it was asked to',
      'change done': 'A network device took a change of your login',
      change: 'A network device did not take a change of your login, which was ended for that',
    } as Readonly<Record<string, string>>,
    answers: {
      refused: 'it refused',
      unanswered: 'it did not answer',
      'not-told': 'nobody could ask it',
    } as Readonly<Record<string, string>>,
    whyChanged: 'your groups or roles, the rules of your organisation or the device are others now',
    whyEnded: {
      reported: 'the device said so',
      ended: 'nothing came of it at the device',
      judged: 'the rules of your organisation do not permit it any more',
      changed: 'the device could not be told of a change',
    } as Readonly<Record<string, string>>,
    failed: 'Failed',
  },
  logIn: {
    title: (client: string) => `Log in at ${client}?`,
    lead: 'Somebody typed your name and your password there, a moment ago. Say yes only if it was you.',
    what: 'What for',
    services: {
      admin: 'To administer it',
      enable: 'To change its settings',
      vpn: 'VPN',
      wifi: 'Wi-Fi',
      wired: 'Network, by cable',
      ssh: 'SSH',
      login: 'Login',
    } as Readonly<Record<string, string>>,
    from: 'From',
    station: 'It says that you are at',
    when: 'Begun',
    ends: 'You have',
    proofFirst: 'Show your passkey first',
    proofFirstText: (client: string) => `Then you type the number that ${client} shows you.`,
    proofFirstOnly: 'Then you say yes.',
    number: (client: string) => `Number that ${client} shows you`,
    wrong: 'Two digits. A wrong number refuses it for good.',
    yes: 'Let me in',
    warning:
      'Do you see no number there, or did somebody tell you which one to type? Then it is their login, and they know your password.',
    warningNoNumber:
      'This device can show no number, so nothing on this page tells your login from somebody else’s. Say yes only if you are logging in there at this very moment, and wait for it now.',
    disown: 'This wasn’t me',
    disownText:
      'It is refused, your administrators are alerted, and you are shown how to change your password.',
    waiting: (client: string) => `A login at ${client} waits for you`,
    waitingText: (span: string) => `Is it yours? Then answer within ${span}.`,
    look: 'Look at it',
    lookNamed: (client: string, left: string) =>
      `Look at it: your login at ${client}, ${left} left`,
    refusedTitle: 'It is refused',
    refusedText:
      'Your administrators are alerted. Whoever tried it knows your password, so change it now. Until you have, for up to an hour, no login asks you here.',
    changePassword: 'Change your password',
    home: 'Go to your account',
  },
};
