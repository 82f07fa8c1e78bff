/** What an orchestrator sees: one request after another, from a process that does nothing else. */
import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { inputOf, tell } from './child.js';

export interface ProbeJob {
  readonly url: string;
  readonly seconds: number;
}

export interface ProbeResult {
  readonly probes: number;
  /** Probes that were not answered 200. */
  readonly failed: number;
  readonly p99Ms: number;
}

const PAUSE_MS = 5;

const { url, seconds } = inputOf<ProbeJob>();
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const deadline = performance.now() + seconds * 1_000;
const times: number[] = [];
let failed = 0;

function ask(): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, { agent }, (answer) => {
      answer.resume().once('close', () => {
        resolve(answer.statusCode === 200);
      });
    }).once('error', () => {
      resolve(false);
    });
  });
}

while (performance.now() < deadline) {
  const started = performance.now();
  if (!(await ask())) failed += 1;
  times.push(performance.now() - started);
  await delay(PAUSE_MS);
}
times.sort((a, b) => a - b);
tell({ probes: times.length, failed, p99Ms: times[Math.ceil(times.length * 0.99) - 1] ?? 0 } satisfies ProbeResult);
