/**
 * The house's own bans as an ESLint plugin. Every ban is a rule of its own, so that it can be switched per folder
 * without overwriting another one, and every ban says why. `test/architecture/fixtures/lint/<rule>` breaks each.
 */

/** A rule that reports whatever one of the selectors matches. */
const ban = (message, ...selectors) => ({
  meta: { type: 'problem', schema: [], messages: { banned: message } },
  create: (context) =>
    Object.fromEntries(
      selectors.map((selector) => [selector, (node) => context.report({ node, messageId: 'banned' })]),
    ),
});

/** A rule that reports comments. */
const banComment = (message, pattern) => ({
  meta: { type: 'problem', schema: [], messages: { banned: message } },
  create: (context) => ({
    Program() {
      for (const comment of context.sourceCode.getAllComments()) {
        if (pattern.test(comment.value)) context.report({ loc: comment.loc, messageId: 'banned' });
      }
    },
  }),
});

const constructorWithMoreThan = (limit) =>
  `MethodDefinition[kind="constructor"] > FunctionExpression[params.length>${String(limit)}]`;

const UNIT_OF_WORK = '/uow|unitOfWork/i';
const IN_TRANSACTION = ['callee.object.name', 'callee.object.property.name'].map(
  (holder) => `CallExpression[callee.property.name="run"][${holder}=${UNIT_OF_WORK}] > :function`,
);
const inTransaction = (...selectors) =>
  IN_TRANSACTION.flatMap((callback) => selectors.map((selector) => `${callback} ${selector}`));

/** Calls of a method of something whose name says that it hashes, mails or speaks HTTP. */
const SLOW = '/^(hash(er|ing)|(password|secret)hash(er|ing)|argon2?|bcrypt|mailer|smtp|transport|http(client)?)$/i';

export const rules = {
  'max-dependencies': ban(
    'More than five constructor dependencies: the class has more than one job. Split it by use case.',
    constructorWithMoreThan(5),
  ),
  'max-controller-dependencies': ban(
    'More than ten constructor dependencies in a controller: it serves more than one resource. Split it by resource.',
    constructorWithMoreThan(10),
  ),
  'no-wall-clock': ban(
    'Domain and application code asks the `Clock` port for the time, so that a test can decide what time it is.',
    'NewExpression[callee.name="Date"][arguments.length=0]',
    'CallExpression[callee.name="Date"]',
    'MemberExpression[object.name="Date"][property.name="now"]',
    'MemberExpression[object.name="performance"][property.name="now"]',
  ),
  'no-own-randomness': ban(
    'Domain and application code asks the `Ids` port for ids and randomness, so that a test can foresee them.',
    'MemberExpression[object.name="Math"][property.name="random"]',
    ':matches(Identifier[name="randomUUID"]):not(MemberExpression > Identifier):not(ImportSpecifier > Identifier)',
    'MemberExpression > Identifier.property[name=/^random(UUID|Bytes|Int)$/]',
    'MemberExpression > Identifier.property[name="getRandomValues"]',
    'ImportDeclaration[source.value=/^(node:)?crypto$/]',
  ),
  'no-process-env': ban(
    'Only the configuration schema reads the environment; take the setting by injection, parsed and checked once.',
    'MemberExpression[object.name="process"][property.name="env"]',
    'MemberExpression[object.object.name="globalThis"][object.property.name="process"][property.name="env"]',
    'ImportDeclaration[source.value=/^(node:)?process$/] > ImportSpecifier[imported.name="env"]',
  ),
  'no-parallel-in-transaction': ban(
    'A transaction is one connection: parallel queries queue on it, and a failure leaves the others running after the rollback. Await them one by one.',
    ...inTransaction('MemberExpression[object.name="Promise"][property.name=/^(all|allSettled|race|any)$/]'),
  ),
  'no-slow-work-in-transaction': ban(
    'Inside a transaction there is database work only: hashing, mail and HTTP would hold its locks and its connection. Do it before or after `uow.run`.',
    ...inTransaction(
      'CallExpression[callee.name=/^(fetch|argon2)$/]',
      `CallExpression[callee.object.name=${SLOW}]`,
      `CallExpression[callee.object.property.name=${SLOW}]`,
      'CallExpression[callee.property.name=/^(sendMail|hashPassword|verifyPassword)$/]',
    ),
  ),
  'no-forward-ref': ban(
    '`forwardRef` hides a cycle between providers. Contexts form a DAG: turn the call around with an event or a port.',
    'CallExpression[callee.name="forwardRef"]',
    'ImportSpecifier[imported.name="forwardRef"]',
  ),
  'no-route-guards': ban(
    'A guard of a route runs after the one that reads the body, and so after what the contract puts last. Make it global and let a decorator say where it applies.',
    'Decorator[expression.callee.name="UseGuards"]',
    'ImportSpecifier[imported.name="UseGuards"]',
  ),
  'no-export-all': ban(
    'An index names what it publishes, so that nothing becomes public by accident.',
    'ExportAllDeclaration',
  ),
  'no-default-export': ban(
    'A named export has one name everywhere, so that it can be searched for and renamed.',
    'ExportDefaultDeclaration',
    'ExportSpecifier[exported.name="default"]',
  ),
  'no-http-exceptions': ban(
    'Only the HTTP layer knows HTTP. Throw a `DomainError` that states the fact; the problem filter chooses the status.',
    'ImportSpecifier[imported.name=/(Exception|^HttpStatus)$/]',
    'NewExpression[callee.name=/Exception$/]',
  ),
  'only-injectable': ban(
    'Domain and application know no framework: `Injectable` is the one name of Nest that they may use.',
    'ImportDeclaration[source.value="@nestjs/common"] > ImportSpecifier:not([imported.name=/(^Injectable|Exception|^HttpStatus|^forwardRef)$/])',
    'ImportDeclaration[source.value="@nestjs/common"] > ImportNamespaceSpecifier',
  ),
  'no-muted-tests': ban(
    'Every test runs, every time. A test that cannot run is fixed or deleted.',
    'MemberExpression[object.name=/^(it|test|describe)$/][property.name=/^(skip|only|todo|failing)$/]',
    'CallExpression[callee.name=/^(xit|xtest|xdescribe|fit|fdescribe)$/]',
  ),
  'no-console': ban(
    'Output goes through the pino logger, whose allow-list keeps secrets and personal data out of the logs.',
    'MemberExpression[object.name="console"]',
    'MemberExpression[object.object.name="globalThis"][object.property.name="console"]',
  ),
  'no-disable-comment': banComment(
    'Comments do not switch rules off here. Change the code, or change the rule for everybody with its reason.',
    /^\s*eslint(-disable|-enable|\s)/,
  ),
  'no-unfinished-work': banComment(
    'Unfinished work lives in the issue tracker, where somebody will find it.',
    /\b(TODO|FIXME|XXX)\b/,
  ),
};
