/**
 * What is assumed of whoever asks, where a trial of policies does not say: that they come from this computer, in a browser that
 * signed in before. So does the check that policies would not lock out every administrator.
 */
export const trialDefaults = { door: 'web', source: '127.0.0.1', knownDevice: true } as const;
