import { integer, pgTable, serial, text } from 'drizzle-orm/pg-core'
import { renameColumn } from '../../../src/index.ts'

const id = () => serial('id').primaryKey()

/** The table before the change was declared. */
export const usersBefore = pgTable('users', { id: id(), name: text('name'), note: integer('note') })
export const users = pgTable('users', {
  id: id(),
  name: text('name'),
  fullName: text('full_name'),
  note: integer('note'),
})

export interface LedgerOptions {
  readonly sync?: 'trigger' | 'none'
  readonly copyBack?: boolean
}

export function declareLedger({ sync = 'trigger', copyBack = sync === 'trigger' }: LedgerOptions = {}) {
  return renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName', soak: '0', sync, copyBack })
}
