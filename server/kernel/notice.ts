/** What a part has to say to whoever runs Sallyport: a line of the log. */
export type Notice = (level: 'info' | 'warn' | 'error', message: string, cause?: unknown) => void;
