import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import { variantOfEnvironment } from './variant.ts'

const { names } = variantOfEnvironment()

const id = () => integer(names.key).primaryKey()
/** Grows with every update of the row. */
const revision = () => integer('revision').notNull().default(0)

/** Both columns stand side by side while the rename is under way. */
export const users = pgTable(names.table, {
  id: id(),
  name: text(names.old).notNull(),
  fullName: text(names.next).notNull(),
  revision: revision(),
})
