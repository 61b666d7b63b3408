import { drizzle } from 'drizzle-orm/node-postgres'
import { expect, it } from 'vitest'
import { planBack, planNext } from '../../../src/advance/plan.ts'
import { takeBack } from '../../../src/advance/take-back.ts'
import type { Phase } from '../../../src/phase/phase.ts'
import { advanceTo, schemasWithDefault, startRenaming } from '../../support/renaming.ts'

it('an old release that leaves the column out of its inserts works in every phase before arming, also after back', async () => {
  const renaming = await startRenaming(schemasWithDefault)
  const { database, target } = renaming
  // Drizzle itself, with the schema before the change: names every column it declares, with DEFAULT for the one left out.
  const oldUsers = schemasWithDefault.before.users!
  const oldRelease = drizzle({ client: database.pool })
  const written: unknown[] = []
  const insertWithout = async (phase: string) => {
    const [row] = (await oldRelease.insert(oldUsers).values({}).returning()) as { id: number; name: string }[]
    const { rows } = await database.pool.query('SELECT name, full_name FROM users WHERE id = $1', [row!.id])
    written.push([phase, row!.name, rows[0].full_name])
  }
  const forward: Phase[] = ['expanded', 'dual-write', 'read-switch', 'read-new', 'new-only']
  for (const phase of forward) {
    await advanceTo(renaming, phase)
    await insertWithout(phase)
  }
  for (let plan = await planBack(target); plan.facts.phase !== 'expanded'; plan = await planBack(target)) {
    await takeBack(target, plan)
    await insertWithout(`back in ${(await planNext(target)).facts.phase}`)
  }
  const backward = ['read-new', 'read-switch', 'dual-write', 'expanded'].map((phase) => `back in ${phase}`)
  expect(written).toEqual([...forward, ...backward].map((phase) => [phase, 'nobody', 'nobody']))
})
