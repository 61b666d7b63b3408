import { pgTable, serial, text } from 'drizzle-orm/pg-core'
import { renameColumn } from '../../../../src/index.ts'

export const users = pgTable('users', {
  id: serial('id').primaryKey(),
  name: text('name').notNull(),
  fullName: text('full_name').notNull().unique(),
})

export const userFullName = renameColumn({
  id: 'user-full-name',
  table: users,
  from: 'name',
  to: 'fullName',
  soak: '0',
})
