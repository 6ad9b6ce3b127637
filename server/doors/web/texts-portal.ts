export const portalTexts = {
  shell: {
    skip: 'Skip to the content',
    signOut: 'Sign out',
    account: 'Your account',
  },

  me: {
    title: 'Your account',
    hello: (name: string) => name,
    signsInAs: 'Signs in as',
    administer:
      'Look after people with `./sallyport person`, or by `/api/v1` (docs/automation.md).',
    oneProof: 'You have one proof',
    oneProofText: 'If it is lost, only your administrator can let you in again. Add a second one.',
    noRecovery: 'You have no recovery codes',
    noRecoveryText:
      'Where your organisation takes one, it stands in for a phone or key that is gone.',
    fewCodes: (n: number) =>
      n === 0
        ? 'Your recovery codes are used up'
        : n === 1
          ? 'You have one recovery code left'
          : `You have ${n} recovery codes left`,
    fewCodesText: 'Make new ones while you are here.',
    makeCodes: 'Make recovery codes',
    addProof: 'Add a proof',

    proofs: 'Proofs',
    proofsText: 'What you show to sign in. Two of different kinds open the gate.',
    proofsEmpty: 'No proofs yet',
    proofsEmptyText:
      'A proof is something you know, have or are. Set up a passkey first: it is the safest and the quickest.',
    usedAt: 'used',
    neverUsed: 'not used yet',
    addedAt: 'added',
    changedAt: 'set',
    left: (n: number) => (n === 1 ? '1 code left' : `${n} codes left`),
    phishingResistant: 'Can’t be phished',
    notHere: 'Of no use here',
    otherHost: (host: string) =>
      `It was made for ${host}, and browsers show it nowhere else. Add a new one here, then remove this one.`,
    rename: 'Rename',
    remove: 'Remove',
    change: 'Change',
    renew: 'Make new ones',
    cannotRemove: 'Your last way in: add another proof before you remove this one.',

    sessions: 'Sessions',
    sessionsText: 'Where you are signed in at this moment.',
    current: 'This one',
    seen: 'active',
    began: 'since',
    bound: 'good in this browser only',
    boundElsewhere: 'good in that browser only',
    unbound: 'not tied to its browser, so it ends sooner',
    end: 'End',
    endNamed: (device: string) => `End the session of ${device}`,
    endOthers: 'End all others',
    onlyThis: 'You are signed in nowhere else.',

    activity: 'Activity',
    done: 'Done',
    activityText: 'What happened in your name. Look for what you don’t remember.',
    activityEmpty: 'Nothing has happened yet',
    activityEmptyText:
      'Every sign-in and every change of your proofs is kept here, with time, device and place.',
    activityOver: 'Nothing older',
    activityOverText: 'What is kept of you begins later than this.',
    allActivity: 'See all activity',
    wasntMe: 'This wasn’t me',
    wasntMeNamed: (what: string, when: string) => `This wasn’t me: ${what}, ${when}`,
    olderActivity: 'Older',
    newestActivity: 'Newest',
  },

  rename: {
    title: 'Rename',
    label: 'Name',
    help: 'A name by which you know it, such as “Blue key” or “Work laptop”.',
    button: 'Keep name',
    wrong: 'Use 1 to 64 characters that can be seen.',
  },

  remove: {
    title: (name: string) => `Remove “${name}”?`,
    text: 'It can’t be used to sign in any more, anywhere. You can set it up again later.',
    webauthn:
      'The passkey itself stays on your device or in your password manager; delete it there as well.',
    totp: 'Its entry in your app goes on showing codes, which then open nothing; delete it there as well.',
    upstream: 'What you hold stays as it is with your company; it opens nothing here any more.',
    card: 'The card itself stays as it is; it opens nothing here any more.',
    recovery: 'All of your recovery codes stop working at once.',
    password: 'You will sign in with your other proofs alone.',
    pass: 'The pass stops working at once.',
    button: 'Remove it',
    keep: 'Keep it',
  },

  addProof: {
    title: 'Add a proof',
    text: 'The more kinds you have, the harder it is to lose your way in.',
    card: 'Smart card',
    cardText: 'A certificate that your organisation gave you, on a card or in this browser.',
    upstream: 'Company token',
    upstreamText: 'What your company gave you already: its codes are checked there.',
  },

  trouble: {
    title: 'This wasn’t you?',
    text: 'Then act now, and ask questions later. When you continue:',
    consequences: [
      'every other session of yours ends at once, on all devices;',
      'your administrators are alerted;',
      'you are led through a check of your proofs.',
    ],
    about: 'You are reporting',
    button: 'It wasn’t me',
    keep: 'It was me after all',
    doneTitle: 'Done. Now check your proofs',
    doneText: (n: number) =>
      n === 0
        ? 'No other session was open. Your administrators have been alerted.'
        : n === 1
          ? 'One other session was ended. Your administrators have been alerted.'
          : `${n} other sessions were ended. Your administrators have been alerted.`,
    checkPassword: 'Change your password',
    checkPasswordText: 'If someone else signed in, they may know it.',
    checkProofs: 'Look through your proofs',
    checkProofsText: 'Remove each one that you don’t recognise.',
    checkCodes: 'Make new recovery codes',
    checkCodesText: 'If the old ones may have been seen, make them void.',
  },
};
