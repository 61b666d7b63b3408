import { pgTable, text } from 'drizzle-orm/pg-core'
import { type AnyChange, isChange } from '../../../src/change/change.ts'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { type Sides, sidesOf } from '../../../src/change/sides.ts'

/**
 * The change of column `old` to column `next` of a table. A walk takes its key from the database, so whatever key the
 * table has, Drizzle's idea of it does not matter here.
 */
export function declare(table: string): { change: AnyChange; sides: Sides } {
  const declared = pgTable(table, { id: text().primaryKey(), old: text(), next: text() })
  const change = renameColumn({ id: table.replace('_', '-'), table: declared, from: 'old', to: 'next' })
  if (!isChange(change)) throw new Error('not a change')
  return { change, sides: sidesOf(change) }
}
