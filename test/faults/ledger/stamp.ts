/**
 * What every value of the lab says of itself: which write it is of, and which version of its row it made.
 *
 * The version is counted up by the database in the statement that writes the value, so versions of a key increase in the
 * order of its writes, whoever made them, and also those whose writer never got an answer are known.
 */
export interface Stamp {
  /** Number of the write, the same for no two writes of a run. */
  readonly write: number
  /** 0 for an insert, one more with each update. */
  readonly version: number
}

/** In every text that the lab writes into a row, and in nothing that a process may print. */
export const rowCanary = 'zq7row'

/** `zq7row 3000017#4`: the text of a stamp. The part before `#` is the writer's, the rest is counted by the database. */
export function textBefore(write: number): string {
  return `${rowCanary} ${write}#`
}

/** Undefined for a text that no writer of the lab has made. */
export function stampOf(text: string): Stamp | undefined {
  const match = /^zq7row (\d+)#(\d+)$/.exec(text)
  return match === null ? undefined : { write: Number(match[1]), version: Number(match[2]) }
}
