import type { Side } from '../phase/phase.ts'
import { identifier } from '../sql/identifier.ts'
import { type ComparedSides, disagree, type SideValues, valuesOf } from './agreement.ts'
import { type Direction, valuesBy, verdictFunction } from './transform-values.ts'

/**
 * How statements that walk a table judge its rows, where one side holds the truth. What a subquery passes on of a row is
 * called as `passedOn` says.
 */
export interface Judgement {
  /** An expression to pass on, with its name. */
  readonly passedOn: string
  /** SQL, true of what was passed on where the sides do not agree and the truth can be copied. */
  readonly differs: string
  /** SQL, true of what was passed on where the transform rejects the truth; undefined where it cannot raise. */
  readonly rejected: string | undefined
  /** SQL, true of the row itself where the sides do not agree and the truth can be copied. */
  readonly rowDiffers: string
  /** SQL, true of the row itself where the sides do not agree. */
  readonly rowDisagrees: string
  /** What SET needs to copy the truth, of a row that differs. */
  readonly copying: string
}

/**
 * @param truth the side that is copied from.
 * @param values the columns of the row. Default: those of a row with the alias `t`.
 */
export function judgementBy(
  truth: Side,
  changeId: string,
  sides: ComparedSides,
  values: SideValues = valuesOf(sides, 't'),
): Judgement {
  const direction: Direction = truth === 'old' ? 'forward' : 'backward'
  const [from, to] = truth === 'old' ? [values.old, sides.next] : [values.next, sides.old]
  const copied = valuesBy(direction, changeId, sides, from)
  const copying = to.map(({ name }, index) => `${identifier(name)} = ${copied[index]}`).join(', ')
  if (!sides.transform.mayRaise) {
    const differs = disagree(changeId, sides, values, truth)
    return {
      passedOn: `${differs} AS differs`,
      differs: 'differs',
      rejected: undefined,
      rowDiffers: differs,
      rowDisagrees: differs,
      copying,
    }
  }
  const verdict = `${verdictFunction(changeId, direction)}(${[...values.old, ...values.next].join(', ')})`
  return {
    passedOn: `${verdict} AS verdict`,
    differs: `verdict = ''`,
    rejected: `verdict <> ''`,
    rowDiffers: `${verdict} = ''`,
    rowDisagrees: `${verdict} IS NOT NULL`,
    copying,
  }
}
