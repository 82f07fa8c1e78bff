import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

import { rules as houseRules } from './eslint-house-rules.mjs';

const SPECS = ['**/*.spec.ts', 'libs/*/testing/**/*.ts', 'libs/*/src/testing/**/*.ts', 'test/**/*.ts'];
const SCRIPTS = ['**/*.mjs', '**/*.cjs', '**/*.js'];
const house = (...names) => Object.fromEntries(names.map((name) => [`house/${name}`, 'error']));
const houseOff = (...names) => Object.fromEntries(names.map((name) => [`house/${name}`, 'off']));

export default defineConfig(
  { ignores: ['dist/', 'coverage/', '.data/', 'test/architecture/fixtures/'] },
  {
    files: ['**/*.ts', ...SCRIPTS],
    plugins: { house: { rules: houseRules } },
    // A comment cannot switch a rule off; one that tries is reported.
    linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' },
    rules: {
      ...house(
        'max-dependencies',
        'no-forward-ref',
        'no-route-guards',
        'no-export-all',
        'no-muted-tests',
        'no-console',
        'no-disable-comment',
        'no-unfinished-work',
      ),
      complexity: ['error', 10],
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 60 }],
      eqeqeq: ['error', 'always'],
      'no-constant-condition': ['error', { checkLoops: 'allExceptWhileTrue' }],
      'no-control-regex': 'error',
      'no-empty': 'error',
      'no-eval': 'error',
      'no-param-reassign': 'error',
      'no-self-compare': 'error',
      'no-unsafe-finally': 'error',
      'no-useless-catch': 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'preserve-caught-error': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Nest modules are empty classes under a decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      // An adapter or fake may answer a port's promise without waiting; `async` turns what it throws into a rejection.
      '@typescript-eslint/require-await': 'off',
      // `query<Row>(sql)` names the shape of a row where it enters; nothing else could know it.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // Options of libraries are object literals, also where their type happens to be a class.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Spreading a string yields code points, which is what the password rules count.
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      '@typescript-eslint/ban-ts-comment': [
        'error',
        { 'ts-ignore': true, 'ts-nocheck': true, 'ts-expect-error': 'allow-with-description' },
      ],
    },
  },
  {
    files: ['apps/**/*.ts', 'libs/**/*.ts', 'migrations/**/*.ts'],
    ignores: [
      'apps/user-service/src/config.ts',
      'apps/user-service/src/config/**',
      'apps/audit-service/src/config.ts',
      'apps/local/**',
    ],
    rules: house('no-process-env'),
  },
  { files: ['libs/**/*.ts'], rules: house('no-default-export') },
  {
    files: ['apps/**/*.ts', 'libs/**/*.ts'],
    rules: house('no-parallel-in-transaction', 'no-slow-work-in-transaction'),
  },
  {
    files: ['libs/*/src/{domain,application}/**/*.ts'],
    ignores: SPECS,
    rules: house('no-wall-clock', 'no-own-randomness', 'no-http-exceptions', 'only-injectable'),
  },
  // A migration's length is that of its SQL, which has no paths to lose oneself in.
  { files: ['migrations/*.ts', 'apps/audit-service/migrations/*.ts'], rules: { 'max-lines-per-function': 'off' } },
  {
    files: ['**/*.controller.ts'],
    rules: { ...houseOff('max-dependencies'), ...house('max-controller-dependencies') },
  },
  {
    files: ['apps/local/**', 'apps/user-service/src/cli.ts', 'apps/user-service/src/cli/**', 'bench/**'],
    rules: houseOff('no-console'),
  },
  {
    files: SPECS,
    rules: {
      // A `describe` block holds many tests; each of them is small.
      'max-lines-per-function': 'off',
      // What a test looks up it has put there itself; a missing value fails the test at once.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // `expect(mock.method)` names a method without calling it.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  { files: SCRIPTS, extends: [tseslint.configs.disableTypeChecked] },
);
