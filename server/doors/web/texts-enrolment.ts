import type { ProofKind } from '@sallyport/contract/proofs.ts';

export const enrolmentTexts = {
  welcome: {
    title: 'Set up your sign-in',
    linkText:
      'You came by a link that was made for you. It works once, so open it on the device that you will use most.',
    promise:
      'You will set up two proofs that it is you, and a list of codes for emergencies. It takes about three minutes.',
    begin: 'Begin',
    typedText: 'Type your name and the temporary pass that your administrator gave you.',
    identifier: 'Name or email',
    pass: 'Temporary pass',
    passHelp: 'Four groups of letters and digits. Small or capital makes no difference.',
    next: 'Continue',
    haveProofs: 'I can sign in already',
    /** Nobody knows who asks, so it is said to everyone: whoever is the administrator has nobody else to ask. */
    yourself: 'Are you the administrator?',
    yourselfText: 'On the server, this makes a new link:',
    yourselfCommand: './sallyport pass issue NAME',
    yourselfFirst: 'While there is no administrator, each start of the server prints one.',
  },

  enrol: {
    title: (name: string) => `Welcome, ${name}`,
    text: 'Set up two proofs, so that a stolen one alone opens nothing, and then recovery codes.',
    textReady:
      'This is what you hold. If you lost one of them, set up another here; then finish, sign in with it, and remove the lost one.',
    textPasskey:
      'Set up two proofs, one of them a passkey or security key, and then recovery codes.',
    steps: (done: number, of: number) => `${done} of ${of} done`,
    passkey: 'Passkey or security key',
    passkeyText:
      'Your device asks for your face, finger or PIN. Can’t be copied or tricked out of you.',
    recommended: 'Recommended',
    password: 'Password',
    passwordText: 'Something that only you know, at least 8 characters long.',
    totp: 'Authenticator app',
    totpText: 'An app on your phone shows a new code every half minute. Works without a network.',
    recovery: 'Recovery codes',
    recoveryText: 'Ten codes on paper, for the day on which your phone is gone.',
    recoveryBeside:
      'Ten codes on paper. For you they can’t stand in for a passkey or security key: if you have only one, add a second later.',
    recoveryLater: 'Comes last, when two proofs are set up.',
    recoveryAfterPasskey:
      'Comes last, when two proofs are set up, one of them a passkey or security key.',
    needed: 'Needed',
    missing: 'Still missing',
    needsPasskey: 'A passkey or security key is needed',
    needsPasskeyRole:
      'People who administer sign in with one, because it can’t be copied or tricked out of anybody. Other proofs can stand beside it, not in its place.',
    needsPasskeyRules:
      'The rules of your organisation ask you for one, because it can’t be copied or tricked out of anybody. Other proofs can stand beside it, not in its place.',
    needsPasskeyHow:
      'This device can’t make one? Your browser also takes one from your phone, or a security key that you plug in. If you have neither today, stop here: what is set up is kept, and a new link from your administrator leads back.',
    needsOther:
      'The rules of your organisation ask for more than what is set up so far. Add another proof, or ask your administrator which one is missing.',
    noPasskeys:
      'A passkey or security key can be set up as well, but that needs JavaScript, which is off or too old in this browser.',
    noPasskeysNeeded:
      'It can’t be set up in this browser, where JavaScript is off or too old. Turn it on and open this page again. In another browser, you need a new link from your administrator.',
    ownLink: (name: string) =>
      `No other administrator? Whoever runs the server makes a new link there: \`./sallyport pass issue ${name}\``,
    done: 'Done',
    another: (kind: ProofKind) =>
      kind === 'password'
        ? 'Choose another'
        : kind === 'recovery'
          ? 'Make new ones'
          : 'Add another',
    finish: 'Finish',
    ready: 'You are all set',
    readyText:
      'From now on, sign in with what you have just set up. The link or pass that you came with is no longer needed.',
    readyName: 'Your name for signing in',
    readyWhere: 'Where you sign in',
    toSignIn: 'Sign in',
  },

  addPasskey: {
    title: 'Add a passkey or security key',
    text: 'A passkey lives on this device or in your password manager. A security key is a small thing that you plug in or hold close.',
    button: 'Create a passkey',
    securityKeyButton: 'Use a security key',
    preferSecurityKey: 'I have a security key instead',
    preferPasskey: 'Make a passkey instead',
    help: 'Your browser takes it from here: it asks where to keep the passkey, then for your face, finger or PIN.',
    noScript:
      'A passkey needs JavaScript, which is off or too old in this browser. Set up another proof, and come back with another device.',
    defaultName: (device: string) => `Passkey, ${device}`,
  },

  addUpstream: {
    title: 'Add your company token',
    text: 'Show once that you have it: the code is checked where your company checks it, under the name that you sign in with here.',
    code: 'Code',
    codeHelp: 'What the token shows now, or the word that you were told to type.',
    button: 'Add it',
  },

  addCard: {
    title: 'Add your smart card',
    text: 'Show the card once, and it is yours here from then on. Those that replace it, with the same name from the same issuer, need not be added again.',
  },

  addPassword: {
    title: 'Choose a password',
    changeTitle: 'Change your password',
    text: 'Three or four words that have nothing to do with each other are easy to keep and hard to guess.',
    label: 'New password',
    help: '8 to 256 characters. No rules about capitals or symbols.',
    again: 'The same once more',
    button: 'Set password',
    changeNote:
      'Your other sessions end at once, so that whoever came in by the old password is out.',
  },

  addTotp: {
    title: 'Add an authenticator app',
    scan: 'Scan this with the app',
    qrLabel: 'QR code that holds the key shown below as text',
    typeInstead: 'Can’t scan? Type this key',
    keyFacts: (digits: number, seconds: number, algorithm: string) =>
      `Time-based, ${digits} digits, ${seconds} seconds, ${algorithm}`,
    openApp: 'Open it in an app on this device',
    code: 'Code that the app shows',
    codeHelp: 'This makes sure that it works before you rely on it.',
    button: 'Confirm',
  },

  codes: {
    title: 'Your recovery codes',
    text: 'Each one works once, on a day when a device is not at hand, wherever your organisation takes a code for it. This is the only time that they are shown.',
    how: 'Print them or write them down, and keep them where you keep your passport. Not on the device that they are meant to replace.',
    download: 'Download as a text file',
    copyAll: 'Copy all',
    kept: 'I have kept these codes safe',
    keptNeeded: 'Confirm that you have kept the codes. They can’t be shown again.',
    button: 'Continue',
    makeTitle: 'Make recovery codes',
    makeText: 'You get ten new codes, shown once.',
    makeVoids: 'The codes that you have now stop working at once.',
    makeButton: 'Make codes',
    fileName: 'sallyport-recovery-codes.txt',
    fileHead: (identifier: string, origin: string) =>
      `Recovery codes of ${identifier} for ${origin}\n` +
      'Each works once. Keep them on paper, away from your devices.\n',
  },

  enrolmentErrors: {
    malformed: 'That could not be read. Check it and try again.',
    wrong:
      'That code is not right. Wait for the next one, and check that your device shows the right time.',
    wrongUpstream:
      'That was not accepted where your company checks it. Type the next code. If that fails too, ask whether they know you by the name that you sign in with here.',
    wrongCard: 'That card could not be checked. Try again.',
    wrongPasskey: 'The new passkey could not be checked. Try again.',
    'too-short': 'That is too short. Use at least 8 characters.',
    'too-long': 'That is too long. Use at most 256 characters.',
    breached: 'That password is on lists that attackers try first. Choose another one.',
    guessable: 'That password is easy to guess. Add a word that has nothing to do with the rest.',
    'not-allowed':
      'Your organisation does not accept that kind of key. Your administrator can tell you which ones it does.',
    'held-already': 'That is set up for you already. Use another one.',
    differ: 'These two are not the same. Type both again.',
    'enrolment-over': 'That took too long, so it starts again with something new.',
    'too-many': 'You have as many of these as you can have. Remove one first.',
  },
};
