import { integer, numeric, pgTable, text } from 'drizzle-orm/pg-core'

export const accounts = pgTable('accounts', {
  id: integer('id').primaryKey(),
  owner: text('owner').notNull(),
  balance: numeric('balance', { precision: 12, scale: 2 }).notNull().default('0'),
})
