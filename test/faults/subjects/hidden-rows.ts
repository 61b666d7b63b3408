/** Keys from here on belong to rows that no writer touches, and that a policy may hide; the backfill has to reach them. */
export const hiddenFrom = 2_000_000_000

const hiddenRows = 50

/** The keys of all rows at the beginning: those that writers know, and those that they do not. */
export function seedKeys(rows: number): readonly number[] {
  return [
    ...Array.from({ length: rows }, (_, index) => index + 1),
    ...Array.from({ length: hiddenRows }, (_, index) => hiddenFrom + index),
  ]
}
