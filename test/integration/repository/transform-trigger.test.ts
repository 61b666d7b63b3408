import { eq, sql } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import type { AnyChange } from '../../../src/change/change.ts'
import { sidesOf } from '../../../src/change/sides.ts'
import type { TriggerMode } from '../../../src/phase/phase.ts'
import { createRepositories } from '../../../src/repository/index.ts'
import { createTransformFunctions, installSync } from '../../../src/sync/index.ts'
import { accounts, changes, createAccounts, payments, storedAccounts } from './support/accounts.ts'
import { type WiredDatabase, wiredDatabase } from './support/database.ts'
import { always, type Situation } from './support/phases.ts'

const situations: readonly (Situation & { readonly mode: TriggerMode })[] = [
  { name: 'expanded', phase: 'expanded', mode: 'old', columns: ['old', 'new'] },
  { name: 'dual-write', phase: 'dual-write', mode: 'old', columns: ['old', 'new'] },
  { name: 'read-switch, reading new', phase: 'read-switch', wish: 'new', mode: 'old', columns: ['old', 'new'] },
  { name: 'read-new', phase: 'read-new', mode: 'both', columns: ['old', 'new'] },
  { name: 'new-only', phase: 'new-only', mode: 'new', columns: ['old', 'new'] },
]

let wired: WiredDatabase
beforeAll(async () => {
  wired = await wiredDatabase()
})

describe.each(situations)('beside the sync trigger in $name', (situation) => {
  it('what a repository writes stays as it wrote it, and both sides hold it', async () => {
    await createAccounts(wired.pool, situation)
    await wired.pool.query('create schema if not exists expand_contract')
    for (const change of Object.values(changes) as unknown as AnyChange[]) {
      const sides = sidesOf(change)
      const statements = [...createTransformFunctions(change.id, sides), ...installSync(change, sides, situation.mode)]
      for (const statement of statements) await wired.pool.query(statement)
    }
    const decider = always(situation)
    const repository = createRepositories({
      db: wired.db,
      schema: { accounts, payments },
      changes,
      decider,
    }).repository(accounts)
    const [made] = await repository.insertMany([
      { label: 'ada', balanceCents: 1250n, number: 7, first: 'Ada', last: 'L', address: 'A, B', tier: 'paid' },
      { label: 'bare' },
    ])
    expect(made).toMatchObject({
      balanceCents: 1250n,
      number: 7,
      first: 'Ada',
      last: 'L',
      address: 'A, B',
      tier: 'paid',
    })
    const [updated] = await repository.update(
      (account) => ({ last: 'King', balanceCents: sql`${account.balanceCents} + 1`, number: null }),
      (account) => eq(account.number, 7),
    )
    expect(updated).toEqual({ ...made, last: 'King', balanceCents: 1251n, number: null })
    const upserted = await repository.upsert({ label: 'ada', first: 'A', tier: 'free' }, { target: 'label' })
    expect(upserted).toEqual({ ...updated, first: 'A', tier: 'free' })
    expect(await storedAccounts(wired.pool, situation)).toEqual([
      { old: [12.51, null, 'A King', 'A', 'B', 'free'], new: ['1251', null, 'A', 'King', 'A, B', 'free'] },
      { old: [0, null, null, null, null, 'free'], new: ['0', null, null, null, null, 'free'] },
    ])
  })
})
