export const requestTexts = {
  request: {
    title: (app: string) => `Sign in to ${app}?`,
    own: 'Somebody began this there, a moment ago. Say yes only if it was you.',
    others:
      'Somebody began this there, a moment ago. Say yes only if it was you. It is made by others, not by your organisation.',
    message: 'It says',
    from: 'It asks from',
    place: 'It says that you are at',
    ends: 'You have',
    proofFirst: 'Show a proof first',
    proofFirstText: 'Then you are asked which number it shows.',
    which: (app: string) => `Which number does ${app} show?`,
    numberNamed: (number: number) => `It shows ${number}`,
    wrong: 'A wrong one refuses it for good.',
    warning:
      'Does it show you no number, or did somebody tell you which one to take? Then it is their sign-in, and they want to be you.',
    disown: 'I did not ask for this',
    disownText: 'It is refused, and your administrators are alerted.',
    waiting: (app: string) => `${app} asks you to sign in`,
    waitingText: (span: string) => `Did you begin this yourself? Then answer within ${span}.`,
    look: 'Look at it',
    lookNamed: (app: string, left: string) => `Look at it: what ${app} asks, within ${left}`,
  },
};
