/** The middle value, or the mean of the two in the middle: one slow round on a busy machine does not move it. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('There is no median of nothing.')
  const sorted = values.toSorted((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** How many times the median of `values` is that of `others`; both as they were measured, side by side in one run. */
export function ratioOfMedians(values: readonly number[], others: readonly number[]): number {
  return median(values) / median(others)
}

export interface SizeAndCost {
  readonly size: number
  readonly cost: number
}

/**
 * The `k` of cost ~ size^k that fits best: 1 where twice the rows take twice as long, 2 where they take four times as
 * long. The slope of the regression line through the logarithms.
 */
export function exponentOf(points: readonly SizeAndCost[]): number {
  const xs = points.map(({ size }) => Math.log(size))
  const ys = points.map(({ cost }) => Math.log(cost))
  const [meanX, meanY] = [mean(xs), mean(ys)]
  const covariance = mean(xs.map((x, index) => (x - meanX) * (ys[index]! - meanY)))
  const variance = mean(xs.map((x) => (x - meanX) ** 2))
  if (!(variance > 0)) throw new Error('An exponent takes the cost of two sizes or more.')
  return covariance / variance
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
