const swc = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
    target: 'es2024',
    keepClassNames: true,
  },
  module: { type: 'nodenext' },
  sourceMaps: 'inline',
  swcrc: false,
};

const shared = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  moduleNameMapper: {
    '^#platform/(.*)$': '<rootDir>/libs/platform/src/$1/index.ts',
    '^#(kernel|identity|mfa|session|audit-gateway)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  // Fixtures are broken on purpose; dist holds everything a second time.
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/test/architecture/fixtures/'],
  // CommonJS packages that require Nest must find it loaded already, or Node reports an import cycle.
  setupFiles: ['<rootDir>/test/support/load-nest-first.ts'],
};

/** Specs against real servers: PostgreSQL is started once for the run, and only when one of these has specs to run. */
const withServers = (displayName) => ({
  ...shared,
  displayName,
  testMatch: [`<rootDir>/test/${displayName}/**/*.spec.ts`],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  // Jest reads `testTimeout` of the whole run only, not of a project.
  setupFilesAfterEnv: ['<rootDir>/test/support/patience.ts'],
});

export default {
  testSequencer: './test/support/sequencer.mjs',
  // Modules of a spec outlive it; a worker that has gathered so much makes place for a new one.
  workerIdleMemoryLimit: '512MB',
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/libs/**/*.spec.ts', '<rootDir>/apps/**/*.spec.ts'],
    },
    {
      ...shared,
      displayName: 'architecture',
      testMatch: ['<rootDir>/test/architecture/*.spec.ts'],
    },
    ...['integration', 'e2e', 'security', 'faults', 'migrations'].map(withServers),
  ],
};
