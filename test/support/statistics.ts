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
