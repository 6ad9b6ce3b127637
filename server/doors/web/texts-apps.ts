export const appTexts = {
  consent: {
    title: (app: string) => `Let ${app} in?`,
    leads: {
      own: 'It is one of your organisation’s own, and asks you all the same.',
      others: 'It is made by others, so it is for you to say.',
      program:
        'Say yes only if you have just begun this yourself. Your answer goes to a program on your computer, and any program there can ask this in its name.',
      'command line':
        'It is Sallyport’s own command line, on your computer. Say yes only if you have just typed “login” yourself, or a command that told you it needs a fresh proof: any program there can ask this in its name.',
    },
    as: 'You are signed in as',
    learns: 'It learns',
    may: 'It may, in your name',
    at: (api: string) => `at ${api}:`,
    comeIn: 'Come in as you.',
    scopes: {
      openid: 'that it is you, by a number of yours',
      profile: 'your name, and the name that you sign in with',
      email: 'your email address',
      groups: 'the groups that you are in',
      offline_access: 'Act also while you are away, until you take it back.',
    },
    goesTo: 'Your answer goes to',
    takeBack: 'You can take it back at any time, on your account’s page.',
    yes: 'Let it in',
    no: 'Don’t',
  },

  deviceSignIn: {
    title: 'Sign in on another device',
    text: 'Type the code that your other device shows.',
    code: 'Code',
    help: 'Eight letters, as in BCDF-GHJK.',
    next: 'Continue',
    wrong: 'That code is not known, or its time is over. Look at your device again.',
    interrupted: 'That did not work. Start again on your device.',
    confirmTitle: 'Is this your device?',
    confirmText: (app: string) => `${app} will be signed in as you, on the device that shows`,
    asked: 'It was asked for with',
    warning:
      'Did somebody send you this code, or tell you to come here? Then it is their device, and they want to be you. Stop here.',
    yes: 'Yes, I hold it in my hands',
    no: 'Stop',
    doneTitle: 'Your device is signed in',
    doneText: (app: string) => `Go on with ${app} there. You can close this page.`,
  },

  appSignOut: {
    title: 'Sign out?',
    text: (app: string | undefined) =>
      app === undefined
        ? 'You leave your account here, and what you signed in to from it.'
        : `${app} asks whether you are done. You leave your account here too, and what else you signed in to from it.`,
    yes: 'Sign out',
    no: 'Stay signed in',
  },

  appError: {
    // With a hyphen that no line ends at.
    title: 'This sign\u2011in can’t go on',
    text: 'The application sent you here with a request that can’t be answered. Nothing was done. Go back to the application and try again; if it keeps failing, tell whoever looks after it what stands below.',
    request: 'Request',
  },

  appOver: {
    title: 'Begin again',
    text: (app: string | undefined) =>
      `This sign\u2011in was left for long, or has been answered, or was begun in another browser. Nothing is wrong. Go back to ${app ?? 'the application'} and sign in from there.`,
    next: (app: string) => `Go to ${app}`,
  },

  apps: {
    title: 'Apps',
    text: 'Applications that you signed in to with this account, and what they may do for you.',
    empty: 'None yet',
    emptyText:
      'Once you sign in to an application with this account it stands here, and you can cut it off.',
    used: 'used',
    since: 'let in',
    offline: 'also while you are away',
    whileHere: 'while you are signed in here',
    revoke: 'Cut off',
    revokeNamed: (app: string) => `Cut off ${app}`,
  },
};
