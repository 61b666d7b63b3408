import type { SQL } from 'drizzle-orm'

/** What stands for the values of one side: an expression for each of its keys. */
export type Operands = Readonly<Record<string, SQL>>

/**
 * How the values of one side come from those of the other, by keys. One transform serves wherever an operand may stand:
 * a column, `NEW.column` in a trigger, a parameter of a write.
 */
export interface Transform {
  /** The values of the new keys from those of the old ones. */
  forward(old: Operands): Operands
  /** The values of the old keys from those of the new ones. */
  backward(next: Operands): Operands
  /** Values move as they are: there is one column on each side, and both are of one type. */
  readonly isIdentity: boolean
  /** Some value makes `forward` or `backward` raise an error. */
  readonly mayRaise: boolean
  /** What values lose on the way to the other side and back, in the words of the declaration; undefined for nothing. */
  readonly loses: string | undefined
  /** Why functions that PostgreSQL does not know to be IMMUTABLE always give the same here; undefined where all are. */
  readonly stableBecause: string | undefined
}

/** The transform of a rename. */
export function identityTransform(from: string, to: string): Transform {
  return {
    forward: (old) => ({ [to]: old[from]! }),
    backward: (next) => ({ [from]: next[to]! }),
    isIdentity: true,
    mayRaise: false,
    loses: undefined,
    stableBecause: undefined,
  }
}
