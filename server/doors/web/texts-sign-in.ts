export const signInTexts = {
  signIn: {
    title: 'Sign in',
    to: (organisation: string) => `to ${organisation}`,
    toward: 'and go on to',
    identifier: 'Name or email',
    next: 'Continue',
    passkey: 'Use a passkey',
    passkeyHint: 'Your face, finger, PIN or security key',
    card: 'Use a smart card',
    cardHint: 'A certificate of yours, on a card or in this browser',
    first: 'First time here?',
    firstHint: 'Set up your sign-in with a temporary pass',
    needsName: 'Type the name or email that you sign in with.',
  },

  besideForm: {
    title: 'You are signed in',
    text: 'Close this tab, and go back to the one with your form. Send it again there.',
  },

  onward: {
    title: 'You are through',
    text: 'You are being taken back to where you came from.',
    next: 'Go on',
  },

  step: {
    as: 'Signing in as',
    notYou: 'Not you?',
    ways: 'Use something else',
    firstTitle: 'Show that it is you',
    secondTitle: 'One more proof',
    accepted: (proof: string) => `${proof} accepted`,
    confirmTitle: 'Is it still you?',
    confirmText: {
      enrolProof: 'Adding a proof changes who can sign in as you, so show one of yours first.',
      removeProof: 'Removing a proof changes who can sign in as you, so show one of yours first.',
      changePassword: 'Show one of your proofs before you set a new password.',
      enter: 'Where you are going wants a proof that was shown a moment ago, or a stronger one.',
    },
    confirmOther: 'What you are about to do needs a proof that was shown a moment ago.',
    leave: 'Leave it as it is',
    enter: 'Sign in',
    next: 'Continue',

    password: 'Password',
    passwordWay: 'Password',
    passwordHint: 'What you know',
    passwordless: 'If you have a passkey, you need no password: choose it below.',

    totp: 'Code from your app',
    totpWay: 'Authenticator app',
    totpHint: 'The code that it shows now',
    totpHelp: 'Open the app and type the code that it shows for Sallyport.',

    webauthnTitle: 'Use your passkey or security key',
    webauthnHelp: 'Your browser asks for your face, finger or PIN, or to touch the key.',
    webauthnButton: 'Use passkey or key',
    webauthnWay: 'Passkey or security key',
    webauthnHint: 'Your face, finger, PIN or key',
    webauthnNoScript:
      'You can use a passkey or security key here, but that needs JavaScript, which is off or too old in this browser. Choose another way below.',
    webauthnOnlyNoScript:
      'Only a passkey or security key will do here, and that needs JavaScript, which is off or too old in this browser. Turn it on and open this page again, or use another browser.',
    passkeysNoScript:
      'A passkey or security key can be used as well, but that needs JavaScript, which is off or too old in this browser.',
    lost: 'Nothing of this at hand?',
    lostText:
      'If your phone or key is lost, one of your recovery codes stands in for it. Without a code, ask your administrator for a temporary pass (whoever runs the server makes one with `./sallyport pass issue`), and',
    lostNoCode:
      'If your phone or key is lost, ask your administrator for a temporary pass (whoever runs the server makes one with `./sallyport pass issue`); a recovery code will not do here. Then',
    lostLink: 'set up new proofs with it',

    cardTitle: 'Use your smart card',
    cardHelp:
      'Put the card in. Your browser asks which certificate to show, and the card may ask for its PIN.',
    cardButton: 'Use smart card',
    cardWay: 'Smart card',
    cardHint: 'A certificate of yours, on a card or in this browser',

    upstream: 'Code of your company token',
    upstreamWay: 'Company token',
    upstreamHint: 'What your company gave you: it is asked there',
    upstreamHelp: 'Type the code that it shows, or the word that you were told to type.',

    recovery: 'Recovery code',
    recoveryWay: 'Recovery code',
    recoveryHint: 'One of those that you kept on paper',
    recoveryHelp: 'Each code works once. Cross it out afterwards.',

    pass: 'Temporary pass',
    passWay: 'Temporary pass',
    passHint: 'From your administrator',
    passHelp: 'Four groups of letters and digits, as you were given them.',
  },

  /** What went wrong, what it means, what to do. */
  notices: {
    wrong: {
      password: 'That name and password do not belong together. Check both, then try again.',
      totp: (span: string) =>
        `That code is not right. Check that your device shows the right time, and type the next code; it comes in ${span}.`,
      card: 'That card was not accepted. Use the one that is set up for you, or choose another way.',
      webauthn: 'That passkey was not accepted. Try again, or choose another way.',
      upstream: 'That was not accepted there. Type the next code, or choose another way.',
      recovery: 'That recovery code is not right. Check each letter, or use another of your codes.',
      pass: 'That name and pass do not belong together, or the pass has ended. Check both, or ask your administrator for a new one.',
    },
    used: {
      totp: (span: string) =>
        `That code was used already. Wait for the next one, it comes in ${span}.`,
      other: 'That was used already, and works only once. Use another one.',
    },
    card: {
      none: 'No certificate was shown. Put the card in and try again; if your browser asks for nothing, close it and open it again.',
      expired: 'That certificate has ended. Ask whoever gave you the card for a new one.',
      revoked: 'That certificate was revoked. Ask whoever gave you the card for a new one.',
      unknown:
        'That certificate is from nobody whom your organisation trusts for this. Choose another one.',
      other: 'That certificate can’t be used here. Choose another one, or another way.',
    },
    'attempt-over':
      'That took too long, or there were too many tries. Nothing is lost: start again.',
    'not-asked': 'That proof is not needed here. Use one of those that are offered.',
    'not-permitted':
      'The rules of your organisation ask for a proof that you do not have. Your administrator can help you set one up.',
    'link-over':
      'That link does not open anything now. Most likely it was used already: a link works once, and for a limited time. If you have finished setting up, sign in. If not, ask your administrator for a new link; what you have set up so far is kept.',
    'pass-over':
      'That name and pass do not belong together, or the pass is used up or past its time. Check both, letter by letter. If they are right, ask your administrator for a new pass.',
    'enrolment-closed':
      'This page is closed, and nothing more can be set up on it. Open your link or type your pass again. If neither opens anything, ask your administrator.',
    'no-session': 'You were away for a while, so we signed you out. Sign in again to go on.',
    unavailable: 'Something failed on our side and nothing was changed. Try again in a moment.',
    'proof-added': 'Your new proof is ready to use.',
    'proof-removed': 'The proof was removed. It can’t be used to sign in any more.',
    'proof-renamed': 'The new name is kept.',
    'password-changed': 'Your password is changed. Use the new one from now on.',
    'session-ended': 'That session was ended.',
    'sessions-ended': 'Your other sessions were ended. This one goes on.',
    'app-revoked': 'That app is cut off. What it was given works no more.',
    'log-in-approved': 'It is approved. Go back to where you log in, and press Enter there.',
    'log-in-mismatched':
      'That was not the number, so the login is refused. If it was yours, log in there again; if it was not, somebody knows your password: change it.',
    'request-approved': 'You signed in there. Go on where you began.',
    'request-mismatched':
      'That was not the number, so the request is refused. If it was yours, wait for an hour or sign in there in another way; if it was not, somebody may have tried to sign in as you.',
    'request-disowned': 'The request is refused, and your administrators are alerted.',
    'codes-kept': 'Your recovery codes are set up. The old ones, if you had any, no longer work.',
    'codes-gone': 'Your codes can’t be shown again. If you did not keep them, make new ones.',
  },

  proving: {
    title: 'Is this still your browser?',
    text: 'Looking for the key that it holds. This takes a moment.',
    failed:
      'This session belongs to a key that this browser does not have, or can’t use now. Sign in again to go on.',
    needsScript:
      'This session belongs to a key that only your browser holds, and showing it takes JavaScript. Turn it on and load this page again, or sign in again.',
    signIn: 'Sign in again',
  },

  browser: {
    cancelled:
      'Nothing was shown to your browser, or it took too long. Try again, or choose another way.',
    failed: 'Your browser could not use a passkey here. Try again, or choose another way.',
    already: 'That device or key is set up for you already. Use another one.',
    waiting: 'Waiting for your browser',
  },

  signedOut: {
    title: 'You are signed out',
    text: 'On a computer that others use too, close the browser as well.',
    again: 'Sign in again',
  },
};
