/** A real `sallyport serve`, in a process of its own, and the API as a program calls it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';

const CLI = fileURLToPath(import.meta.resolve('../../server/main/cli.ts'));

export interface ServedProcess {
  readonly pid: number;
  /** Where it listens. */
  readonly address: string;
  readonly firstLink: string | null;
  /** What it logged and complained of so far. */
  log(): string;
  /** Whoever read its log is gone, as one behind a pipe that was stopped. */
  leaveLog(): void;
  /** Resolves with the code that it ended with; null when the signal itself ended it. */
  kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT'): Promise<number | null>;
}

export interface ServeInput {
  /** The folder that holds sallyport.yaml. */
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly options?: readonly string[];
}

export async function startServe(input: ServeInput): Promise<ServedProcess> {
  const { folder, environment = {}, options = [] } = input;
  const port = await freePort();
  const child = spawn(process.execPath, [CLI, 'serve', '--json', ...options], {
    cwd: folder,
    env: {
      PATH: process.env.PATH ?? '',
      // As ./sallyport has one; else half of each start would be compiling.
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '',
      SALLYPORT_LISTEN__PORT: String(port),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let complained = '';
  const closed = once(child, 'close');
  const answer = new Promise<{ firstLink: string | null }>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      try {
        const told = JSON.parse(said); // As `serve --json` answers; what it says when it does not come up is no such thing.
        if ('firstLink' in told) resolve(told);
      } catch {
        // Not all of it yet.
      }
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complained += text;
    });
    closed.then(([code]) => reject(new Error(`serve ended (${code}): ${said}${complained}`)));
  });
  const { firstLink } = await answer;
  return {
    pid: child.pid ?? 0,
    address: `http://localhost:${port}`,
    firstLink,
    log: () => complained,
    leaveLog: () => void child.stderr.destroy(),
    async kill(signal) {
      child.kill(signal);
      const [code] = await closed;
      return code;
    },
  };
}

export interface ApiAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the shapes are proven where the door is tested; here they are read.
  readonly body: any;
}

/** One call of the API, as a program makes it. */
export async function callApi(
  node: Pick<ServedProcess, 'address'>,
  call: string,
  {
    token,
    body,
    headers,
  }: { token?: string; body?: unknown; headers?: Readonly<Record<string, string>> } = {},
): Promise<ApiAnswer> {
  const [method = 'GET', path = ''] = call.split(' ');
  const response = await fetch(`${node.address}/api/v1${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  return { status: response.status, body: isJson ? JSON.parse(text) : text };
}
