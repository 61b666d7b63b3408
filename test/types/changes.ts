import { sql } from 'drizzle-orm'
import { changeColumns } from '../../src/change/change-columns.ts'
import { renameColumn } from '../../src/change/rename-column.ts'
import { accounts, things, users } from './schema.ts'

export const userFullName = renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName' })
export const userNickname = renameColumn({ id: 'user-nickname', table: users, from: 'nick', to: 'nickname' })
export const userJoinedAt = renameColumn({ id: 'user-joined-at', table: users, from: 'joined', to: 'joinedAt' })
export const thingState = renameColumn({ id: 'thing-state', table: things, from: 'mood', to: 'state' })
export const thingLabels = renameColumn({ id: 'thing-labels', table: things, from: 'tags', to: 'labels' })
export const thingDetails = renameColumn({ id: 'thing-details', table: things, from: 'meta', to: 'details' })
export const balanceInCents = changeColumns({
  id: 'balance-in-cents',
  table: accounts,
  from: ['balance'],
  to: ['balanceCents'],
  forward: ({ balance }) => ({ balanceCents: sql`round(${balance} * 100)` }),
  backward: ({ balanceCents }) => ({ balance: sql`${balanceCents} / 100.0` }),
})
export const codeAsNumber = changeColumns({
  id: 'code-as-number',
  table: accounts,
  from: ['code'],
  to: ['number'],
  forward: ({ code }) => ({ number: sql`${code}::integer` }),
  backward: ({ number }) => ({ code: sql`${number}::text` }),
})
export const nameInTwo = changeColumns({
  id: 'name-in-two',
  table: accounts,
  from: ['name'],
  to: ['first', 'last'],
  forward: ({ name }) => ({ first: sql`split_part(${name}, ' ', 1)`, last: sql`split_part(${name}, ' ', 2)` }),
  backward: ({ first, last }) => ({ name: sql`${first} || ' ' || ${last}` }),
})
export const oneAddress = changeColumns({
  id: 'one-address',
  table: accounts,
  from: ['street', 'town'],
  to: ['address'],
  forward: ({ street, town }) => ({ address: sql`concat_ws(', ', ${street}, ${town})` }),
  backward: ({ address }) => ({
    street: sql`split_part(${address}, ', ', 1)`,
    town: sql`split_part(${address}, ', ', 2)`,
  }),
})
export const planAsTier = changeColumns({
  id: 'plan-as-tier',
  table: accounts,
  from: ['plan'],
  to: ['tier'],
  forward: ({ plan }) => ({ tier: sql`${plan}` }),
  backward: ({ tier }) => ({ plan: sql`${tier}::text` }),
})
export const notAChange = 42
