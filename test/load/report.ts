/** One path against its limit; a round measured both, one right after the other. */
export interface Comparison {
  readonly path: string;
  readonly limit: string;
  readonly ours: number[];
  readonly limits: number[];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

const rounded = (value: number): string => value.toFixed(value < 100 ? 1 : 0);

function spread(values: readonly number[]): string {
  return `${rounded(median(values))} (${rounded(Math.min(...values))}–${rounded(Math.max(...values))})`;
}

/** Medians with least and most, per second; the ratio is the median of the rounds' ratios. */
export function comparisonTable(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map(({ path, limit, ours, limits }) => {
    const ratios = ours.map((value, round) => value / (limits[round] ?? Number.NaN));
    return [path, spread(ours), limit, spread(limits), `${(median(ratios) * 100).toFixed(0)} %`];
  });
  return table([['path', 'ours /s', 'limit', 'limit /s', 'ratio'], ...rows]);
}

/** A Markdown table, aligned for the terminal. */
export function table(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  return [line(head), rule, ...rows.slice(1).map(line)].join('\n');
}
