import { registerHooks } from 'node:module';

// Preloaded: Node runs the TypeScript of this folder as it is, but finds no `.ts` behind a relative `.js`.
registerHooks({
  resolve: (specifier, context, nextResolve) =>
    specifier.startsWith('.') && context.parentURL?.endsWith('.ts') === true
      ? nextResolve(specifier.replace(/\.js$/, '.ts'), context)
      : nextResolve(specifier, context),
});
