import { integer, pgTable, text } from 'drizzle-orm/pg-core'

export const users = pgTable('users', {
  id: integer('id').primaryKey(),
  name: text('name').notNull(),
  /** Grows with every update of the row. */
  revision: integer('revision').notNull().default(0),
})
