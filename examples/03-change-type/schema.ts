import { bigint, integer, numeric, pgTable, text } from 'drizzle-orm/pg-core'

/** While the change is under way both columns stand side by side, the new one as it shall end. */
export const accounts = pgTable('accounts', {
  id: integer('id').primaryKey(),
  owner: text('owner').notNull(),
  balance: numeric('balance', { precision: 12, scale: 2 }).notNull().default('0'),
  balanceCents: bigint('balance_cents', { mode: 'number' }).notNull().default(0),
})
