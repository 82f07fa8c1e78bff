/** The limit of everything that hashes: `argon2` alone, as many at once as the service allows itself. */
import { availableParallelism } from 'node:os';

import * as argon2 from 'argon2';

import { inputOf, tell } from './child.js';

const { seconds } = inputOf<{ seconds: number }>();
const options = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const password = 'correct horse battery staple';
const hash = await argon2.hash(password, options);

const started = performance.now();
let hashes = 0;
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    while (performance.now() - started < seconds * 1_000) {
      await argon2.verify(hash, password);
      hashes += 1;
    }
  }),
);
tell({ rate: (hashes * 1_000) / (performance.now() - started) });
