/**
 * `npm run tune`: builds `argon2` from the source it brings, for processors with AVX2, and takes the result if it hashes
 * right and faster. The one that npm installed stays otherwise; `npm ci` brings it back. Node runs this file as it is.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const PACKAGE = dirname(require.resolve('argon2/package.json'));
const BINARY = 'build/Release/argon2.node';
const C_FILES = ['argon2', 'blake2/blake2b', 'core', 'encoding', 'opt', 'thread'];
// As in the package's binding.gyp, but for the first line.
const FLAGS = [
  ...['-mavx2', '-mbmi2', '-O3'],
  ...['-fPIC', '-pthread', '-fvisibility=hidden', '-DNDEBUG', `-I${join(PACKAGE, 'argon2/include')}`],
];
const ADDON_FLAGS = [
  ...['-std=c++17', '-fexceptions', '-DNAPI_VERSION=8', '-DNODE_ADDON_API_DISABLE_DEPRECATED'],
  '-DNODE_API_NO_EXTERNAL_BUFFERS_ALLOWED',
];
const COMPILE_MS = 120_000;
const CHECK_MS = 60_000;
const ROUNDS = 3;
const LEAST_GAIN = 1.1;

// RFC 9106 §5.3, then the rate of one hash after another with the service's parameters.
const CHECK = `
  const argon2 = require(${JSON.stringify(PACKAGE)});
  const bytes = (length, value) => Buffer.alloc(length, value);
  const options = { type: argon2.argon2id, memoryCost: 19456, timeCost: 2, parallelism: 1 };
  (async () => {
    const tag = await argon2.hash(bytes(32, 1), {
      type: argon2.argon2id, memoryCost: 32, timeCost: 3, parallelism: 4, hashLength: 32, raw: true,
      salt: bytes(16, 2), secret: bytes(8, 3), associatedData: bytes(12, 4),
    });
    if (tag.toString('hex') !== '0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659') process.exit(1);
    const known = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
    if (!(await argon2.verify(known, 'password')) || (await argon2.verify(known, 'passwort'))) process.exit(1);
    const started = performance.now();
    let hashes = 0;
    for (; performance.now() - started < 1000; hashes += 1) await argon2.hash('correct horse', options);
    process.stdout.write(String((hashes * 1000) / (performance.now() - started)));
  })();`;

class CannotTune extends Error {}

function compiler(name: string, fallback: string): string {
  const command = process.env[name] ?? fallback;
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return command;
  } catch {
    throw new CannotTune(`there is no C and C++ compiler (${command})`);
  }
}

/** Of any Node: the interface that addons use is the same in all of them. Nothing is downloaded. */
function nodeHeaders(): string {
  const npmsNode = process.env['npm_node_execpath'];
  const prefixes = [
    process.env['npm_config_nodedir'],
    ...[npmsNode, process.execPath].map((path) => path && existsSync(path) && join(dirname(realpathSync(path)), '..')),
    ...['/usr', '/usr/local', '/opt/homebrew'],
  ];
  const folders = prefixes.filter((prefix) => typeof prefix === 'string').map((prefix) => join(prefix, 'include/node'));
  const found = folders.find((folder) => existsSync(join(folder, 'node_api.h')));
  if (found === undefined) throw new CannotTune("Node's headers (node_api.h) are not on this machine");
  return found;
}

function build(folder: string): void {
  const [cc, cxx, headers] = [compiler('CC', 'cc'), compiler('CXX', 'c++'), nodeHeaders()];
  const addonApi = dirname(createRequire(join(PACKAGE, 'package.json')).resolve('node-addon-api/package.json'));
  const compile = (command: string, args: readonly string[]): void => {
    try {
      execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: COMPILE_MS });
    } catch (error) {
      throw new CannotTune('it does not compile here', { cause: error });
    }
  };
  const objects = C_FILES.map((name) => {
    const object = join(folder, `${name.replace('/', '-')}.o`);
    compile(cc, [...FLAGS, '-c', join(PACKAGE, 'argon2/src', `${name}.c`), '-o', object]);
    return object;
  });
  const shared = process.platform === 'darwin' ? ['-shared', '-undefined', 'dynamic_lookup'] : ['-shared'];
  const includes = [`-I${headers}`, `-I${addonApi}`];
  mkdirSync(join(folder, dirname(BINARY)), { recursive: true });
  compile(cxx, [
    ...[...FLAGS, ...ADDON_FLAGS, ...includes, ...shared],
    ...[join(PACKAGE, 'argon2.cpp'), ...objects, '-o', join(folder, BINARY)],
  ]);
}

/** Hashes per second of the binary under a folder; in a process of its own, because a wrong one may crash it. */
function rateOf(folder: string): number {
  try {
    const env = { ...process.env, ARGON2_PREBUILD: folder };
    return Number(execFileSync(process.execPath, ['--eval', CHECK], { env, timeout: CHECK_MS, encoding: 'utf8' }));
  } catch (error) {
    throw new CannotTune('the result does not run, or does not hash right, on this processor', { cause: error });
  }
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

function tune(folder: string): string {
  if (process.arch !== 'x64') throw new CannotTune(`only x64 has a faster variant, and this is ${process.arch}`);
  build(folder);
  const before: number[] = [];
  const after: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    before.push(rateOf(PACKAGE));
    after.push(rateOf(folder));
  }
  const [old, fresh] = [median(before), median(after)];
  const rates = `${old.toFixed(0)} → ${fresh.toFixed(0)} hashes/s on one core`;
  if (fresh < old * LEAST_GAIN) return `argon2 is as fast as it gets (${rates}); nothing was changed.`;
  const target = join(PACKAGE, BINARY);
  mkdirSync(dirname(target), { recursive: true });
  // A running service keeps the file it has open; a new name in between keeps a crash from leaving half of one.
  copyFileSync(join(folder, BINARY), `${target}.new`);
  renameSync(`${target}.new`, target);
  return `argon2 was rebuilt with AVX2: ${rates} (${(fresh / old).toFixed(2)} times). npm ci undoes it.`;
}

const folder = mkdtempSync(join(tmpdir(), 'tune-argon2-'));
try {
  console.log(tune(folder));
} catch (error) {
  if (!(error instanceof CannotTune)) throw error;
  console.log(`argon2 stays as npm installed it: ${error.message}.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
