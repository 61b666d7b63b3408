import { changeColumns } from 'drizzle-expand-contract'
import { sql } from 'drizzle-orm'
import { accounts } from './schema.ts'

/** The example drops the old column as soon as nobody uses it; keep the default soak of 7 days in earnest. */
export const balanceInCents = changeColumns({
  id: 'balance-in-cents',
  table: accounts,
  from: ['balance'],
  to: ['balanceCents'],
  forward: ({ balance }) => ({ balanceCents: sql`${balance} * 100` }),
  backward: ({ balanceCents }) => ({ balance: sql`${balanceCents} / 100.0` }),
  soak: '0',
})
