import { murmur3 } from './murmur3.ts'

/**
 * True for `percent` of a hundred keys: always the same ones, in every process, and those of a smaller percentage are
 * among those of a larger one. Two changes choose their keys independently, so that it is not the same users who meet
 * every change first.
 */
export function isWithin(percent: number, changeId: string, key: string): boolean {
  return bucketOf(changeId, key) < percent
}

/** Where a key stands for a change, from 0 to below 100. */
export function bucketOf(changeId: string, key: string): number {
  return (murmur3(`${changeId}:${key}`) / 2 ** 32) * 100
}
