import { renameColumn } from 'drizzle-expand-contract'
import { users } from './schema.ts'

/** The demo drops the old column as soon as nobody uses it; keep the default soak of 7 days in earnest. */
export const userFullName = renameColumn({
  id: 'user-full-name',
  table: users,
  from: 'name',
  to: 'fullName',
  soak: '0',
})
