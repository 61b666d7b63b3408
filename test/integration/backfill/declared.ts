import { sql } from 'drizzle-orm'
import { bigint, integer, numeric, pgEnum, pgTable, text } from 'drizzle-orm/pg-core'
import { type AnyChange, isChange } from '../../../src/change/change.ts'
import { changeColumns } from '../../../src/change/change-columns.ts'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { type Sides, sidesOf } from '../../../src/change/sides.ts'

export interface Declared {
  readonly change: AnyChange
  readonly sides: Sides
}

/**
 * The change of column `old` to column `next` of a table. A walk takes its key from the database, so whatever key the
 * table has, Drizzle's idea of it does not matter here.
 */
export function declare(table: string): Declared {
  const declared = pgTable(table, { id: text().primaryKey(), old: text(), next: text() })
  const change = renameColumn({ id: table.replace('_', '-'), table: declared, from: 'old', to: 'next' })
  return asDeclared(change)
}

function asDeclared(change: unknown): Declared {
  if (!isChange(change)) throw new Error('not a change')
  return { change, sides: sidesOf(change) }
}

const id = (table: string) => table.replace('_', '-')

/** A text that becomes a number, where it is one. */
export const quantities = {
  sides: 'quantity text, amount int',
  declare: (table: string) => {
    const drizzleTable = pgTable(table, { id: integer().primaryKey(), quantity: text(), amount: integer() })
    const change = changeColumns({
      id: id(table),
      table: drizzleTable,
      from: ['quantity'],
      to: ['amount'],
      forward: ({ quantity }) => ({ amount: sql`${quantity}::integer` }),
      backward: ({ amount }) => ({ quantity: sql`chr(64 + ${amount})` }),
    })
    return asDeclared(change)
  },
}

/** A text that becomes a label, where there is one; `fillStates` makes the type. */
export const states = {
  sides: 'status text',
  declare: (table: string) => {
    const label = pgEnum(`${table}_state`, ['open'])
    const drizzleTable = pgTable(table, { id: integer().primaryKey(), status: text(), state: label() })
    const change = changeColumns({
      id: id(table),
      table: drizzleTable,
      from: ['status'],
      to: ['state'],
      forward: ({ status }) => ({ state: sql`${status}::${sql.identifier(`${table}_state`)}` }),
      backward: ({ state }) => ({ status: sql`${state}::text` }),
      stableBecause: 'no label is renamed',
    })
    return asDeclared(change)
  },
}

export const fillStates = [
  `CREATE TYPE %_state AS ENUM ('open')`,
  'ALTER TABLE % ADD state %_state',
  `INSERT INTO % (id, status) VALUES (1, 'open'), (2, 'closed')`,
]

/** An amount whose fractions of a cent are lost. */
export const balances = {
  sides: 'balance numeric(12, 3), cents bigint',
  declare: (table: string) => {
    const drizzleTable = pgTable(table, {
      id: integer().primaryKey(),
      balance: numeric({ precision: 12, scale: 3 }),
      cents: bigint({ mode: 'number' }),
    })
    const change = changeColumns({
      id: id(table),
      table: drizzleTable,
      from: ['balance'],
      to: ['cents'],
      forward: ({ balance }) => ({ cents: sql`round(${balance} * 100)` }),
      backward: ({ cents }) => ({ balance: sql`${cents} / 100.0` }),
      mayRaise: false,
      loses: 'fractions of a cent',
    })
    return asDeclared(change)
  },
}

/** One column that becomes two, of which NULL makes something. */
export const names = {
  sides: 'name text, first text, last text',
  declare: (table: string) => {
    const drizzleTable = pgTable(table, { id: integer().primaryKey(), name: text(), first: text(), last: text() })
    const change = changeColumns({
      id: id(table),
      table: drizzleTable,
      from: ['name'],
      to: ['first', 'last'],
      forward: ({ name }) => ({
        first: sql`split_part(coalesce(${name}, 'nobody'), ' ', 1)`,
        last: sql`nullif(substr(${name}, strpos(${name} || ' ', ' ') + 1), '')`,
      }),
      backward: ({ first, last }) => ({ name: sql`${first} || coalesce(' ' || ${last}, '')` }),
      mayRaise: false,
    })
    return asDeclared(change)
  },
}
