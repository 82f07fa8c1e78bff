/**
 * `npm start`. Node runs this file as it is (type stripping), so it imports nothing of ours before the build is there.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'dist/apps/local/src/main.js');
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
  // SWC writes every file anew, so the age of one is the age of the build.
  return (statSync(MAIN, { throwIfNoEntry: false })?.mtimeMs ?? 0) > newestSource();
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
