/**
 * `npm start`. Node runs this file as it is (type stripping), so it imports nothing of ours before the build is there.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'dist/apps/local/src/main.js');
/** As old as the beginning of the build. */
const STAMP = join(ROOT, 'dist/.built');
const SOURCES = ['apps', 'libs', 'migrations'];

function newestSource(): number {
  const files = SOURCES.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(ROOT, folder, name)),
  );
  return Math.max(...[...files, join(ROOT, '.swcrc')].map((file) => statSync(file).mtimeMs));
}

function isBuilt(): boolean {
  // Of a build that failed or was interrupted many files are there; `npm run build` leaves this one at its good end alone.
  return (statSync(STAMP, { throwIfNoEntry: false })?.mtimeMs ?? 0) > newestSource();
}

if (!isBuilt()) {
  console.log('Building …');
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) {
    console.error('The build failed.');
    process.exit(1);
  }
}
await import(pathToFileURL(MAIN).href);
