/**
 * Plants the fixture trees in a folder of their own. A tree is the clean house with one fixture laid over it, so that
 * whatever a tool reports there was broken by that fixture. Outside of the repository they are nobody's sources.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

export const REPOSITORY = join(import.meta.dirname, '../../..');
const FIXTURES = join(REPOSITORY, 'test/architecture/fixtures');

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** Names of the fixtures of a kind (`lint`, `dependencies`, …). */
export const fixturesOf = (kind) => readdirSync(join(FIXTURES, kind)).sort();

/** Paths of the files below `folder`, relative to it. */
export const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();

export const fixtureFolder = (kind, name) => (name === 'clean' ? join(FIXTURES, 'clean') : join(FIXTURES, kind, name));

function plantTree(root, kind, name) {
  const tree = join(root, name);
  cpSync(join(FIXTURES, 'clean'), tree, { recursive: true });
  cpSync(fixtureFolder(kind, name), tree, { recursive: true });
  // The names that contexts are known by are the repository's own.
  const manifest = {
    ...readJson(join(tree, 'package.json')),
    imports: readJson(join(REPOSITORY, 'package.json')).imports,
  };
  writeFileSync(join(tree, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return tree;
}

/** The compiler settings of the repository over the given files of the trees. */
function writeTsconfig(folder, include) {
  const config = {
    extends: join(REPOSITORY, 'tsconfig.json'),
    compilerOptions: { rootDir: '.', outDir: 'dist' },
    include,
    exclude: [],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
}

/**
 * Plants the clean tree and one for each fixture of a kind, lends them to `work` and clears them away.
 * One tsconfig spans all trees, so that one program serves them; `perTree` gives each its own instead.
 */
export async function withTrees(kind, { perTree = false } = {}, work) {
  const root = mkdtempSync(join(tmpdir(), 'architecture-'));
  try {
    symlinkSync(join(REPOSITORY, 'node_modules'), join(root, 'node_modules'));
    mkdirSync(join(root, 'trees'));
    const trees = ['clean', ...fixturesOf(kind)].map((name) => ({
      name,
      folder: plantTree(join(root, 'trees'), kind, name),
      files: filesBelow(fixtureFolder(kind, name)),
    }));
    if (perTree) for (const tree of trees) writeTsconfig(tree.folder, ['.']);
    else writeTsconfig(root, ['trees']);
    return await work(trees, root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
