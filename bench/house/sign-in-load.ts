/**
 * People who sign in over HTTP, in a thread of their own, so that what they cost is on the same cores and not in the server's
 * way: two requests each, the name with the password, then the code.
 */
import { Agent, request } from 'node:http';
import { parentPort } from 'node:worker_threads';

export interface Load {
  readonly origin: string;
  readonly inFlight: number;
  readonly password: string;
  readonly people: readonly { readonly name: string; readonly code: string }[];
}

export interface Loaded {
  readonly milliseconds: number;
  readonly error?: string;
}

interface Answer {
  readonly state?: string;
  readonly code?: string;
  readonly attempt?: { readonly id: string; readonly token: string };
}

async function run({ origin, inFlight, password, people }: Load): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  const { hostname, port } = new URL(origin);
  const post = (path: string, body: unknown) =>
    new Promise<Answer>((resolve, reject) => {
      const text = JSON.stringify(body);
      const headers = { 'content-type': 'application/json', 'content-length': text.length };
      const sent = request({ agent, hostname, port, path, method: 'POST', headers }, (answer) => {
        let got = '';
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => {
          got += part;
        });
        answer.on('end', () => resolve(JSON.parse(got) as Answer)); // The server's own answers.
      });
      sent.on('error', reject);
      sent.end(text);
    });
  let next = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (let person = people[next++]; person !== undefined; person = people[next++]) {
        const proof = { kind: 'password', data: { password } };
        const asked = { to: 'signIn', identifier: person.name, proof };
        const { attempt, code, state } = await post('/api/v1/attempts', asked);
        if (attempt === undefined) throw new Error(`a password was answered ${code ?? state}`);
        const offer = {
          attempt: attempt.token,
          proof: { kind: 'totp', data: { code: person.code } },
        };
        const granted = await post(`/api/v1/attempts/${attempt.id}/proofs`, offer);
        if (granted.state !== 'granted') throw new Error(`a code was answered ${granted.code}`);
      }
    }),
  );
  agent.destroy();
  return performance.now() - began;
}

parentPort?.on('message', (load: Load) => {
  run(load).then(
    (milliseconds) => parentPort?.postMessage({ milliseconds } satisfies Loaded),
    (error) => parentPort?.postMessage({ milliseconds: 0, error: String(error) } satisfies Loaded),
  );
});
