import { integer, pgTable, text } from 'drizzle-orm/pg-core'

/** While the rename is under way both columns stand side by side, the new one as it shall end. */
export const users = pgTable('users', {
  id: integer('id').primaryKey(),
  name: text('name').notNull(),
  fullName: text('full_name').notNull(),
  /** Grows with every update of the row. */
  revision: integer('revision').notNull().default(0),
})
