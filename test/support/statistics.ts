/**
 * How likely it is that two samples are of one distribution, by their ranks alone (Mann and Whitney 1947, normal
 * approximation with correction for ties and continuity; fit for twenty values each or more). Two-sided.
 */
export function mannWhitney(one: readonly number[], other: readonly number[]): number {
  const [n, m] = [one.length, other.length];
  const all = [...one.map((value) => ({ value, isOne: true })), ...other.map((value) => ({ value, isOne: false }))];
  all.sort((a, b) => a.value - b.value);
  let [rankSum, ties] = [0, 0];
  for (let start = 0; start < all.length;) {
    let end = start + 1;
    while (end < all.length && all[end]!.value === all[start]!.value) end += 1;
    // Equal values share the middle of their ranks, which begin at 1.
    const rank = (start + 1 + end) / 2;
    rankSum += rank * all.slice(start, end).filter(({ isOne }) => isOne).length;
    ties += (end - start) ** 3 - (end - start);
    start = end;
  }
  const u = rankSum - (n * (n + 1)) / 2;
  const size = n + m;
  const variance = ((n * m) / 12) * (size + 1 - ties / (size * (size - 1)));
  if (variance === 0) return 1;
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / Math.sqrt(variance);
  return 2 * (1 - normal(z));
}

// Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17; the error is below 7.5e-8.
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  const polynomial = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153];
  return 1 - density * polynomial.reduce((sum, factor) => (sum + factor) * t, 0);
}

/** The smallest value that so large a share of them does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** An estimate, and the ends of the interval that holds 95 % of what chance would make of it. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 1_000;
const SURE = 0.95;

/**
 * A quantile by block bootstrap (Künsch 1989): what was measured side by side goes together, because what makes one slow
 * makes its neighbours slow; taken one by one they would seem to know more than they do.
 */
export function quantileOf(blocks: readonly (readonly number[])[], share: number): Estimate {
  return estimate(quantile(blocks.flat(), share), () => quantile(resampled(blocks), share));
}

/** How many times as large the quantile of the one is as that of the other; of two that were measured apart. */
export function quantileRatio(
  one: readonly (readonly number[])[],
  other: readonly (readonly number[])[],
  share: number,
): Estimate {
  const value = quantile(one.flat(), share) / quantile(other.flat(), share);
  return estimate(value, () => quantile(resampled(one), share) / quantile(resampled(other), share));
}

function estimate(value: number, again: () => number): Estimate {
  const values = Array.from({ length: RESAMPLES }, again);
  return { value, low: quantile(values, (1 - SURE) / 2), high: quantile(values, (1 + SURE) / 2) };
}

function resampled(blocks: readonly (readonly number[])[]): number[] {
  return Array.from(blocks, () => blocks[Math.floor(Math.random() * blocks.length)] ?? []).flat();
}
