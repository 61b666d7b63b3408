import { count, type SQL, sql } from 'drizzle-orm'
import type { AnyPgColumn, PgTable } from 'drizzle-orm/pg-core'
import { columnsOf, type Fields } from '../drizzle/clone-table.ts'
import type { AnyDatabase } from '../drizzle/unit-database.ts'
import type { TableVariant } from '../drizzle/variant-table.ts'
import { conflictKeys, parametersOf } from '../drizzle/written-columns.ts'
import { failure } from '../errors/index.ts'
import type { ChangedTable } from './changed-table.ts'
import { inStatements } from './in-statements.ts'
import { guardQuery } from './query-failed.ts'
import type { LockStrength } from './repository.ts'
import type { Units } from './units.ts'
import { conflictSet, hasTwinTarget, retryTwinConflict } from './upsert.ts'
import type { Workplace } from './workplace.ts'
import { insertValues, updateValues, type Values } from './write-values.ts'

/** What is inside the types at run time: values by key, tables, expressions. */
type AnyRow = Record<string, unknown>
type AnyPatch = Values | ((table: PgTable, excluded?: Fields) => Values)
type AnyFindOptions = {
  readonly columns?: Readonly<Record<string, true>>
  readonly where?: (table: PgTable) => SQL | undefined
  readonly orderBy?: (table: PgTable) => SQL | AnyPgColumn | readonly (SQL | AnyPgColumn)[]
  readonly limit?: number
  readonly offset?: number
  readonly for?: LockStrength
  readonly locked?: 'skip' | 'fail'
}

/** Where one call is done, and the table as it is seen there. */
type TableWorkplace = Workplace & {
  readonly variant: TableVariant
  /** Runs a query there: an SQL command, which an error names. */
  readonly guarded: <R>(command: string, query: () => PromiseLike<R>) => Promise<R>
}

/** What a `Repository` does, without the types of its rows: each call becomes a statement over a variant of the table. */
export class TableRepository {
  declare readonly $row: never
  declare readonly $new: never
  readonly #table: ChangedTable
  readonly #units: Units

  constructor(table: ChangedTable, units: Units) {
    this.#table = table
    this.#units = units
  }

  async insert(row: Values): Promise<AnyRow> {
    return (await this.insertMany([row]))[0]!
  }

  async insertMany(rows: readonly Values[]): Promise<AnyRow[]> {
    for (const row of rows) this.#table.assertKeys(row)
    if (rows.length === 0) return []
    return await this.#write(({ database, variant, guarded }) => {
      return guarded('insert into', () => {
        const values = rows.map((row) => insertValues(variant, row))
        const insert = (session: AnyDatabase, some: Values[]) =>
          session.insert(variant.target).values(some).returning(variant.returning)
        const statements = inStatements(values, parametersOf(variant))
        if (statements.length === 1) return insert(database, values)
        return database.transaction(async (tx) => {
          const inserted: AnyRow[] = []
          for (const some of statements) inserted.push(...(await insert(tx, some)))
          return inserted
        })
      })
    })
  }

  async update(patch: AnyPatch, where: (table: PgTable) => SQL | undefined): Promise<AnyRow[]> {
    return await this.#write(({ database, variant, guarded }) => {
      const given = typeof patch === 'function' ? patch(variant.row) : patch
      this.#table.assertKeys(given)
      if (Object.values(given).every((value) => value === undefined)) {
        throw failure('EC_QUERY_MISUSE', {
          problem: `An update of table "${this.#table.name}" gave nothing to set.`,
          advice: 'Give at least one key a value other than undefined, or leave the update out.',
        })
      }
      const predicate = this.#required(where, variant, 'update')
      return guarded('update', () => {
        const set = updateValues(variant, given)
        return database.update(variant.target).set(set).where(predicate).returning(variant.returning)
      })
    })
  }

  async upsert(row: Values, options: { target: string | readonly string[]; set?: AnyPatch }): Promise<AnyRow> {
    const target = [options.target].flat()
    this.#table.assertKeys(row)
    this.#table.assertConflictTarget(target)
    return await this.#write(({ database, variant, isTransaction, guarded }) => {
      const patch = typeof options.set === 'function' ? options.set(variant.row, variant.excluded) : options.set
      if (patch !== undefined) this.#table.assertKeys(patch)
      const columns = conflictKeys(variant.writes, target).map((key) => columnsOf(variant.target)[key]!)
      return guarded('upsert into', () => {
        const values = insertValues(variant, row)
        const set = conflictSet(variant, row, target, patch)
        const attempt = async (session: AnyDatabase): Promise<AnyRow> => {
          const insert = session.insert(variant.target).values(values)
          const [upserted] = await insert.onConflictDoUpdate({ target: columns, set }).returning(variant.returning)
          return upserted!
        }
        if (!hasTwinTarget(variant, target)) return attempt(database)
        return retryTwinConflict(() => (isTransaction ? database.transaction(attempt) : attempt(database)))
      })
    })
  }

  async delete(where: (table: PgTable) => SQL | undefined): Promise<number> {
    return await this.#write(async ({ database, variant, guarded }) => {
      const predicate = this.#required(where, variant, 'delete')
      // Counted by the database: drivers tell the number of deleted rows in different ways, or not at all.
      const deleted = database.$with('deleted').as(
        database
          .delete(variant.target)
          .where(predicate)
          .returning({ one: sql<number>`1`.as('one') }),
      )
      const [counted] = await guarded('delete from', () =>
        database.with(deleted).select({ number: count() }).from(deleted),
      )
      return counted!.number
    })
  }

  async findMany(options: AnyFindOptions = {}): Promise<AnyRow[]> {
    return await this.#read(({ database, variant, guarded }) => {
      const query = database.select(this.#selection(variant, options.columns)).from(variant.source).$dynamic()
      const where = options.where?.(variant.source)
      if (where !== undefined) query.where(where)
      if (options.orderBy !== undefined) query.orderBy(...[options.orderBy(variant.source)].flat())
      if (options.limit !== undefined) query.limit(options.limit)
      if (options.offset !== undefined) query.offset(options.offset)
      if (options.for !== undefined) query.for(options.for, lockConfig(options.locked))
      return guarded('select from', () => query)
    })
  }

  async findFirst(options: AnyFindOptions = {}): Promise<AnyRow | undefined> {
    return (await this.findMany({ ...options, limit: 1 }))[0]
  }

  async count(where?: (table: PgTable) => SQL | undefined): Promise<number> {
    return await this.#read(async ({ database, variant, guarded }) => {
      const predicate = where?.(variant.source)
      const [counted] = await guarded('select from', () =>
        database.select({ number: count() }).from(variant.source).where(predicate),
      )
      return counted!.number
    })
  }

  #read<R>(work: (place: TableWorkplace) => R | PromiseLike<R>): Promise<R> {
    return this.#units.read(this.#table.changes, (workplace) => work(this.#at(workplace)))
  }

  #write<R>(work: (place: TableWorkplace) => R | PromiseLike<R>): Promise<R> {
    return this.#units.write(this.#table.changes, (workplace) => work(this.#at(workplace)))
  }

  #at(workplace: Workplace): TableWorkplace {
    const table = this.#table
    const variant = table.variantFor(workplace.decisions)
    return {
      ...workplace,
      variant,
      guarded: (command, query) => guardQuery(`${command} "${table.name}"`, query, () => table.transformsIn(variant)),
    }
  }

  #selection(variant: TableVariant, columns: Readonly<Record<string, true>> | undefined): TableVariant['selection'] {
    if (columns === undefined) return variant.selection
    const keys = Object.keys(columns)
    for (const key of keys) this.#table.assertKey(key)
    if (keys.length === 0) {
      throw failure('EC_QUERY_MISUSE', {
        problem: `A read of table "${this.#table.name}" named no column.`,
        advice: 'Leave `columns` out to read all of them, or name at least one.',
      })
    }
    return Object.fromEntries(keys.map((key) => [key, variant.selection[key]!]))
  }

  #required(where: ((table: PgTable) => SQL | undefined) | undefined, variant: TableVariant, verb: string): SQL {
    const predicate = where?.(variant.row)
    if (predicate !== undefined) return predicate
    throw failure('EC_QUERY_MISUSE', {
      problem: `The ${verb} of table "${this.#table.name}" has no predicate and would reach every row.`,
      advice: 'Return a condition from the last argument; for every row on purpose, `() => sql`true``.',
    })
  }
}

function lockConfig(locked: 'skip' | 'fail' | undefined) {
  if (locked === undefined) return {}
  return locked === 'skip' ? { skipLocked: true as const } : { noWait: true as const }
}
