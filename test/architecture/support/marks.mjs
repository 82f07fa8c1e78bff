import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const MARK = /\bbreaks(?<below> below)?(?: (?<count>\d+))?(?: (?<code>TS\d+))?\s*(?:\*\/)?$/;
const SPECIFIER = /^(?:import|export) .* from '(?:node:)?(?<specifier>[^']+)';/;

/**
 * The lines of a fixture that a tool must report. They end in `breaks`: `breaks 2` for two findings in one line,
 * `breaks below` for the next line, `breaks TS2322` for a certain message of the compiler.
 */
export const marksIn = (folder, files) =>
  files.flatMap((file) => {
    const lines = readFileSync(join(folder, file), 'utf8').split('\n');
    return lines.flatMap((text, index) => {
      const mark = MARK.exec(text)?.groups;
      if (mark === undefined) return [];
      return Array.from({ length: Number(mark.count ?? 1) }, () => ({
        file,
        line: index + (mark.below === undefined ? 1 : 2),
        code: mark.code,
        specifier: SPECIFIER.exec(text)?.groups.specifier ?? null,
      }));
    });
  });
