// Solves a challenge of people/access/proof_of_work.py in the browser: the number whose SHA-256 with the salt is
// the challenge. By js-sha256: crypto.subtle is missing on plain http, as in a local network.
//
//   const { solve } = await import("/assets/web/proof.js");
//   form.proof = await solve(challenge);
import { sha256 } from "../js-sha256/sha256.min.mjs";

const CHUNK_MS = 12;

/** Let the page draw and listen. A timer would do, but is slowed to once a second in a hidden tab. */
function breathe() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Return the solution as base64 of JSON; reject when there is none up to `maxnumber`. */
export async function solve({ algorithm, challenge, maxnumber, salt, signature }) {
  if (algorithm !== "SHA-256") throw new Error(`unknown algorithm: ${algorithm}`);
  let pause = performance.now() + CHUNK_MS;
  for (let number = 0; number <= maxnumber; number += 1) {
    if (sha256(salt + number) === challenge) {
      return btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
    }
    if (number % 64 === 0 && performance.now() > pause) {
      await breathe();
      pause = performance.now() + CHUNK_MS;
    }
  }
  throw new Error("no solution");
}
