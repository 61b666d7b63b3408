import type { SQL } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { physicalTable } from '../drizzle/physical-table.ts'
import { failure } from '../errors/index.ts'
import { asChange, type Change, type SameRowChange } from './change.ts'
import { type ChangeOptions, checkedId, duration, syncOptions } from './options.ts'
import { refuseUnlessChangeable, refuseUnlessTable } from './same-row.ts'
import { compileTransform } from './sql-transform.ts'
import type { Transform } from './transform.ts'
import type { ColumnConfig, KeyOf, Simplify } from './types.ts'

/** Names of a change of columns, for the compiler. */
type ChangeColumnsTypes<T extends PgTable, From, To> = Simplify<{
  schema: T['_']['schema']
  table: T['_']['name']
  from: From & string
  to: To & string
  computed: true
}>

type OperandsOf<T extends PgTable, K extends KeyOf<T>> = { readonly [P in K]: SQL<ColumnConfig<T, P>['data']> }
type Expressions<K extends string> = { readonly [P in K]: SQL }

/** What a transform may do that a rename never does. */
export interface TransformOptions {
  /**
   * Whether some value makes `forward` or `backward` raise an error (`'abc'::integer`, an overflow). Up to dual-write such
   * a value fails no write of an old release: the new side stays empty, and the row is put into quarantine. `false`
   * saves a function call in each INSERT, and in each UPDATE that changes one of the columns; if it then raises after
   * all, the write fails. Default: `true`.
   */
  readonly mayRaise?: boolean
  /**
   * What does not come through the transform, in a few words that `back` shows: `'fractions of a cent'`. Name the losses of
   * both directions: what an old value loses on its way to new and back, `backward(forward(x))`, and what a value that was
   * written to new loses when the release goes back and old is read, `forward(backward(y))`. Nobody checks it. Two sides
   * agree where either of them is what the other gives, so what was written to one side is never overwritten by what the
   * other lost. Default: nothing is lost.
   */
  readonly loses?: string
  /**
   * Why a function that PostgreSQL does not know to be IMMUTABLE gives the same result in every session here: `'the zone is
   * written into the expression'`. Default: every function is IMMUTABLE, or the change is refused.
   */
  readonly stableBecause?: string
}

/**
 * Declares that columns of a table are replaced by other columns of the same row: another type, one column that becomes
 * two, two that become one.
 *
 * Old and new columns stand side by side in the Drizzle schema while the change is under way, the new ones as they shall
 * end. Repositories speak the new keys in every phase.
 *
 * ```ts
 * export const balanceInCents = changeColumns({
 *   id: 'balance-in-cents', table: accounts, from: ['balance'], to: ['balanceCents'],
 *   forward: ({ balance }) => ({ balanceCents: sql`round(${balance} * 100)` }),
 *   backward: ({ balanceCents }) => ({ balance: sql`${balanceCents} / 100.0` }),
 * })
 * ```
 *
 * `forward` and `backward` get an SQL expression for each column and give one for each column of the other side; each
 * result is cast to the type of its column. They may use their operands, literals and functions, and no other column.
 *
 * @throws ExpandContractError EC_CHANGE_ID, EC_UNKNOWN_KEY, EC_SAME_KEY, EC_NO_PRIMARY_KEY, EC_COLUMN_NOT_CHANGEABLE,
 *   EC_OPTION_INVALID
 */
export function changeColumns<
  T extends PgTable,
  const From extends keyof T['_']['columns'] & string,
  const To extends keyof T['_']['columns'] & string,
>(
  declaration: ChangeOptions &
    TransformOptions & {
      /** The Drizzle table that holds both sides; it needs a primary key. */
      readonly table: T
      /** TypeScript keys of the old columns. */
      readonly from: readonly From[]
      /** TypeScript keys of the new columns. */
      readonly to: readonly To[]
      /** The new values from the old ones. */
      readonly forward: (old: OperandsOf<T, NoInfer<From>>) => Expressions<NoInfer<To>>
      /** The old values from the new ones. */
      readonly backward: (next: OperandsOf<T, NoInfer<To>>) => Expressions<NoInfer<From>>
    },
): Change<ChangeColumnsTypes<T, From, To>> {
  const id = checkedId(declaration.id)
  const { table, from, to, forward, backward } = declaration
  refuseUnlessTable(id, table)
  const { old, next } = refuseUnlessChangeable(id, physicalTable(table), from, to)
  const change: SameRowChange = {
    kind: 'change-columns',
    id,
    table,
    from: [...from],
    to: [...to],
    transform: {
      forward: forward as unknown as Transform['forward'],
      backward: backward as unknown as Transform['backward'],
      isIdentity: false,
      mayRaise: declaration.mayRaise ?? true,
      loses: reason(id, 'loses', declaration.loses),
      stableBecause: reason(id, 'stableBecause', declaration.stableBecause),
    },
    flag: declaration.flag ?? id,
    stickiness: declaration.stickiness ?? 'userId',
    ...syncOptions(declaration),
    soakMs: duration(`soak of change "${id}"`, declaration.soak ?? '7 days'),
  }
  compileTransform(change, old, next)
  return asChange<ChangeColumnsTypes<T, From, To>>(change)
}

function reason(id: string, option: string, given: string | undefined): string | undefined {
  if (given === undefined || given.trim() !== '') return given
  throw failure('EC_OPTION_INVALID', {
    option: `${option} of change "${id}"`,
    problem: 'it is empty. Say it in a few words, or leave it out.',
  })
}
