import type { PhysicalColumn } from '../drizzle/physical-table.ts'
import { operandTemplates, type Template, TransformProblem } from '../drizzle/sql-template.ts'
import { failure } from '../errors/index.ts'
import type { AnyChange } from './change.ts'
import type { Operands } from './transform.ts'

/**
 * A transform as SQL text, with places for its operands: what the toolkit's own statements and the functions in the
 * database are made of. It is data, so that it can be recorded and compared, and serves when the declaration has left the
 * code.
 */
export interface SqlTransform {
  /** For each new column in its order, from the old columns in theirs. */
  readonly forward: readonly Template[]
  /** For each old column in its order, from the new columns in theirs. */
  readonly backward: readonly Template[]
  /** Values move as they are. */
  readonly isIdentity: boolean
  /** Some value makes it raise an error. */
  readonly mayRaise: boolean
}

export const identity: SqlTransform = { forward: [[0]], backward: [[0]], isIdentity: true, mayRaise: false }

/**
 * The SQL of a change's transform, each result cast to the type of the column that takes it.
 *
 * @throws ExpandContractError EC_OPTION_INVALID
 */
export function compileTransform(
  { id, transform, from, to }: AnyChange,
  old: readonly PhysicalColumn[],
  next: readonly PhysicalColumn[],
): SqlTransform {
  if (transform.isIdentity) return identity
  const compiled = (name: 'forward' | 'backward', ...given: Parameters<typeof operandTemplates>) => {
    try {
      return operandTemplates(...given)
    } catch (error) {
      if (!(error instanceof TransformProblem)) throw error
      throw failure('EC_OPTION_INVALID', { option: `${name} of change "${id}"`, problem: `${error.message}.` })
    }
  }
  return {
    forward: compiled('forward', from, to, next, (operands: Operands) => transform.forward(operands)),
    backward: compiled('backward', to, from, old, (operands: Operands) => transform.backward(operands)),
    isIdentity: false,
    mayRaise: transform.mayRaise,
  }
}

/** The text of one result; each operand is put in parentheses. */
export function filledIn(template: Template, operands: readonly string[]): string {
  return template.map((part) => (typeof part === 'number' ? `(${operands[part]!})` : part)).join('')
}
