/** Runs after the last spec, whether the specs passed or not. */
export default async function globalTeardown(): Promise<void> {
  await globalThis.stopTestServers?.();
}
