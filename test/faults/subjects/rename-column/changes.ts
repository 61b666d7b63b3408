import { renameColumn } from 'drizzle-expand-contract'
import { users } from './schema.ts'
import { variantOfEnvironment } from './variant.ts'

const { sync, copyBack } = variantOfEnvironment()

export const userFullName = renameColumn({
  id: 'user-full-name',
  table: users,
  from: 'name',
  to: 'fullName',
  soak: '0',
  sync,
  ...(sync === 'none' ? {} : { copyBack }),
})
