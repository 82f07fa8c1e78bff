import { registerHooks } from 'node:module';

/** Runs once in Jest's own process, before the first spec of any project that needs servers. */
export default async function globalSetup(): Promise<void> {
  // Jest transforms what this file imports, but leaves finding it to Node, which knows no `.ts` behind a `.js`.
  const hooks = registerHooks({
    resolve: (specifier, context, nextResolve) =>
      specifier.startsWith('.') && context.parentURL?.endsWith('.ts') === true
        ? nextResolve(specifier.replace(/\.js$/, '.ts'), context)
        : nextResolve(specifier, context),
  });
  try {
    const { startTestServers } = await import('./test-servers.js');
    await startTestServers();
  } finally {
    hooks.deregister();
  }
}
