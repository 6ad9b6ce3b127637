export type Fetch = (
  address: string,
  init: { headers: Record<string, string>; redirect: 'error'; signal: AbortSignal },
) => Promise<Response>;

const LONGEST_WAIT = 5_000;

/** One small document over the network, bounded in time and bytes; anything but a 200 is a fault. */
export async function fetchText(
  fetch: Fetch,
  address: string,
  accept: string,
  mostBytes: number,
): Promise<string> {
  const response = await fetch(address, {
    headers: { accept },
    redirect: 'error',
    signal: AbortSignal.timeout(LONGEST_WAIT),
  });
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    throw new Error(`${address} answered ${response.status}.`);
  }
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const reader = response.body.getReader();
  let text = '';
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > mostBytes) {
      await reader.cancel();
      throw new Error(`${address} answered with more than ${mostBytes} bytes.`);
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** Only what is encrypted on its way, or never leaves this machine. */
export function checkedAddress(address: string, what: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const loopback = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;
  const safe =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback.test(url.hostname));
  if (!safe) throw new TypeError(`${what} must be an https address; it is ${address}.`);
  return address;
}
