/** A table as Prettier writes it; the first row is its heading. For text of the width of Latin letters. */
export function table([heading = [], ...body]: readonly (readonly string[])[]): string {
  const escaped = (row: readonly string[]): string[] => row.map((cell) => cell.replaceAll('|', '\\|'));
  const rows = [heading, ...body].map(escaped);
  const widths = heading.map((_, column) => Math.max(3, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [first = [], ...others] = rows;
  return [line(first), line(widths.map((width) => '-'.repeat(width))), ...others.map(line)].join('\n');
}
