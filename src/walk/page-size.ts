/**
 * How many rows a page has. The default keeps row locks for about 25 ms on rows of 240 bytes; rows of megabytes would
 * keep them for minutes, so a page that takes long is made smaller, down to one row.
 */
export const defaultPageRows = 5_000

/** A page that takes longer than this is undone and tried again smaller; a page of one row takes what it needs. */
export const pageTimeoutMs = 2_000

/**
 * How many times as many rows a page may have after one that found nothing to copy: it locks none of them, and half of
 * what a page of the default size takes is then its beginning and its commit.
 */
export const idlePageFactor = 10

const slowMs = 1_000
const quickMs = 250

/**
 * The size of the page after one that was committed.
 *
 * @param most how many rows it may have at most.
 */
export function nextPageRows(rows: number, tookMs: number, most: number): number {
  if (tookMs > slowMs) return Math.max(1, Math.min(most, Math.floor(rows / 2)))
  return Math.min(most, tookMs < quickMs ? rows * 2 : rows)
}

/** The size of the next try after a page that was undone because it took too long. */
export function pageRowsAfterTimeout(rows: number): number {
  return Math.max(1, Math.floor(rows / 8))
}
