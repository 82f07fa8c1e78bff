/** Says at the terminal what the local run does, and how long after its start. */
export class Progress {
  private readonly startedAt = performance.now();

  constructor() {
    // A terminal or pipe that went away must not end the run before it has stopped its servers.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  }

  say(line: string): void {
    const seconds = (performance.now() - this.startedAt) / 1000;
    console.log(`[${seconds.toFixed(1)} s] ${line}`);
  }

  complain(line: string): void {
    console.error(line);
  }
}
