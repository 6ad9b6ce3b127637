/**
 * People who sign in over HTTP, in a thread of their own, so that what they cost is on the same cores and not in the server's
 * way: two requests each, the name with the password, then the code.
 */
import { connect } from 'node:net';
import { onAnswers } from './answers.ts';
import { serveLoad } from './load.ts';

export interface SignInLoad {
  readonly origin: string;
  readonly inFlight: number;
  readonly password: string;
  readonly people: readonly { readonly name: string; readonly code: string }[];
}

interface Answer {
  readonly state?: string;
  readonly code?: string;
  readonly attempt?: { readonly id: string; readonly token: string };
}

/** One connection, on which one request is under way at a time. */
function connected(hostname: string, port: number, host: string) {
  const socket = connect({ host: hostname, port });
  let resolve: (answer: Answer) => void;
  let reject: (error: Error) => void;
  onAnswers(
    socket,
    (body) => resolve(JSON.parse(body.toString('utf8')) as Answer), // The server's own answers.
    (error) => reject(error),
  );
  return {
    post(path: string, body: unknown): Promise<Answer> {
      const text = JSON.stringify(body);
      socket.write(
        `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
      );
      return new Promise<Answer>((resolved, rejected) => {
        resolve = resolved;
        reject = rejected;
      });
    },
    end: () => socket.end(),
  };
}

/** Gives milliseconds. */
async function run({ origin, inFlight, password, people }: SignInLoad): Promise<number> {
  const { host, hostname, port } = new URL(origin);
  let next = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      const { post, end } = connected(hostname, Number(port), host);
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
      end();
    }),
  );
  return performance.now() - began;
}

serveLoad(run);
