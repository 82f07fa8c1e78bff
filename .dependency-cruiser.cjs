/**
 * Who may know whom. Patterns are anchored and type-only imports count. `test/architecture/fixtures/dependencies/<rule>`
 * breaks each rule on purpose.
 */
const CONTEXT = '(?:identity|session|mfa|audit-gateway)';
const NPM = '(?:^|/)node_modules';
const SPEC = '\\.spec\\.ts$';
const KERNEL = '^libs/kernel/src/index\\.ts$';
const TESTING = '^libs/[^/]+/(?:src/)?testing/';
const INDEX = '^libs/[^/]+/src/index\\.ts$';
const PLATFORM_ENTRY = '^libs/platform/src/[^/]+/index\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'domain-is-pure',
      comment: 'The domain states the rules of the business: it knows the kernel and itself, no package and no Node.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/src/domain/', pathNot: SPEC },
      to: { pathNot: ['^libs/$1/src/domain/', KERNEL] },
    },
    {
      name: 'application-knows-no-technology',
      comment:
        'A use case knows its own application and domain, the kernel and `Injectable`; technology is behind a port.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/src/application/', pathNot: SPEC },
      to: { pathNot: ['^libs/$1/src/(?:application|domain)/', KERNEL, `${NPM}/@nestjs/common/`] },
    },
    {
      name: 'other-contexts-only-in-infrastructure',
      comment:
        'Another context is named by the adapters in infrastructure/ and by the wiring in the module, nowhere else.',
      severity: 'error',
      // The allow-lists of domain/ and application/ have them covered already.
      from: {
        path: `^libs/(${CONTEXT})/src/(?!domain/|application/|infrastructure/|[^/]+\\.module\\.ts$)`,
        pathNot: SPEC,
      },
      to: { path: `^libs/${CONTEXT}/`, pathNot: '^libs/$1/' },
    },
    {
      name: 'libraries-meet-at-index',
      comment: 'What a library has not published in its index is free to change; ask it to publish a name.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: { path: '^libs/', pathNot: ['^libs/$1/', INDEX, PLATFORM_ENTRY, TESTING] },
    },
    {
      name: 'apps-use-the-index',
      comment: 'Apps compose what libraries publish; they do not reach inside.',
      severity: 'error',
      from: { path: '^apps/' },
      to: { path: '^libs/', pathNot: [INDEX, PLATFORM_ENTRY, TESTING] },
    },
    {
      name: 'identity-knows-nobody-above',
      comment: 'session → mfa → identity: a lower context never calls up, a higher one subscribes to its events.',
      severity: 'error',
      from: { path: '^libs/identity/' },
      to: { path: '^libs/(?:session|mfa)/' },
    },
    {
      name: 'mfa-does-not-know-session',
      comment: 'session → mfa → identity: a lower context never calls up, a higher one subscribes to its events.',
      severity: 'error',
      from: { path: '^libs/mfa/' },
      to: { path: '^libs/session/' },
    },
    {
      name: 'nobody-imports-audit-gateway',
      comment: 'Audit follows the events. Who calls it directly can forget to.',
      severity: 'error',
      from: { path: '^libs/', pathNot: '^libs/audit-gateway/' },
      to: { path: '^libs/audit-gateway/' },
    },
    {
      name: 'platform-knows-no-context',
      comment: 'Platform is technology that every context shares; what knows a context belongs to it.',
      severity: 'error',
      from: { path: '^libs/platform/' },
      to: { path: `^libs/${CONTEXT}/`, pathNot: '^libs/audit-gateway/' },
    },
    {
      name: 'kernel-imports-nothing',
      comment: 'Everything stands on the kernel, so it stands on nothing.',
      severity: 'error',
      from: { path: '^libs/kernel/', pathNot: SPEC },
      to: { pathNot: '^libs/kernel/' },
    },
    {
      name: 'http-and-persistence-apart',
      comment: 'Rows are no contract and DTOs are no schema; what both need goes through application/.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/src/infrastructure/(http|persistence)/' },
      to: {
        path: '^libs/$1/src/infrastructure/(?:http|persistence)/',
        pathNot: '^libs/$1/src/infrastructure/$2/',
      },
    },
    {
      name: 'libraries-know-no-app',
      comment: 'A library receives its settings and collaborators by injection from the app that composes it.',
      severity: 'error',
      from: { path: '^(?:libs|migrations)/' },
      to: { path: '^apps/' },
    },
    {
      name: 'test-code-only-from-tests',
      comment: 'Fakes and builders are for specs; shipped code never runs on them.',
      severity: 'error',
      from: { pathNot: [SPEC, '^test/', TESTING] },
      to: { path: [TESTING, '^test/', SPEC] },
    },
    {
      name: 'migrations-know-only-typeorm',
      comment: 'A migration is frozen history: SQL that no later change of the code may change.',
      severity: 'error',
      // The index lists the migrations, and nothing else.
      from: {
        path: '^(?:apps/audit-service/)?migrations/',
        pathNot: '^(?:apps/audit-service/)?migrations/index\\.ts$',
      },
      to: { pathNot: [`${NPM}/typeorm/`, '^apps/'] },
    },
    {
      name: 'no-dev-package-in-service',
      comment: 'The service is installed without development packages, so it would not start.',
      severity: 'error',
      from: { path: '^(?:apps/user-service|apps/audit-service|libs)/', pathNot: [SPEC, TESTING] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'pre-compilation-only'] },
    },
    {
      name: 'audit-service-stands-alone',
      comment: 'It is the system of another team: it shares the platform and the wire contract, no context and no app.',
      severity: 'error',
      from: { path: '^apps/audit-service/', pathNot: SPEC },
      to: { path: ['^apps/(?!audit-service/)', `^libs/${CONTEXT}/`] },
    },
    {
      name: 'audit-service-layers',
      comment: 'Its domain and use cases know the kernel, the chain and `Injectable`; technology is behind a port.',
      severity: 'error',
      from: { path: '^apps/audit-service/src/(?:domain|application)/', pathNot: SPEC },
      to: {
        pathNot: [
          '^apps/audit-service/src/(?:domain|application)/',
          KERNEL,
          '^libs/platform/src/audit-chain/index\\.ts$',
          `${NPM}/@nestjs/common/`,
          '^timers/promises$',
        ],
      },
    },
    {
      name: 'no-circular',
      comment: 'Modules in a cycle can only be understood, tested and loaded together.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'Nobody imports it and it imports nobody: wire it or delete it.',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: [
          SPEC,
          '\\.d\\.ts$',
          // Loaded by path: Jest's set-up and tear-down, and what Node preloads into a child of the local run.
          '^test/support/global-(?:setup|teardown)\\.ts$',
          '^apps/local/src/exit-with-parent\\.ts$',
        ],
      },
      to: {},
    },
    {
      name: 'not-to-unresolvable',
      comment: 'The import leads nowhere that the package or the published names know.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: `${NPM}/` },
    exclude: { path: '^(?:dist|test/architecture/fixtures)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      // Subpath imports (`#identity`) lead to the sources under this condition, as they do for the compiler.
      conditionNames: ['types', 'import', 'node', 'default'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
  },
};
