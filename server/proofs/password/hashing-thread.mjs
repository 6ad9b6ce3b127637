// One of the threads of hashing-threads.ts: computes one hash after the other. Plain JavaScript, since a thread that strips types takes
// 18 MiB for it.
import { parentPort } from 'node:worker_threads';
import { hashSync, verifySync } from '@node-rs/argon2';

parentPort.on('message', ({ phc, password, options }) => {
  try {
    const value = phc === undefined ? hashSync(password, options) : verifySync(phc, password);
    parentPort.postMessage({ value });
  } catch (error) {
    parentPort.postMessage({ error: error.message });
  }
});
