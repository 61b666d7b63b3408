/** The schema as the release before the change declares it. */
import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import { variantOfEnvironment } from './variant.ts'

const { names } = variantOfEnvironment()

export const users = pgTable(names.table, {
  id: integer(names.key).primaryKey(),
  name: text(names.old).notNull(),
  revision: integer('revision').notNull().default(0),
})
