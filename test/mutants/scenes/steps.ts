import { migrationInput } from '../../../src/advance/migration-input.ts'
import { planNext } from '../../../src/advance/plan.ts'
import { takeNext } from '../../../src/advance/take-next.ts'
import { runMigrations } from '../../../src/migrate/index.ts'
import type { Phase } from '../../../src/phase/phase.ts'
import { seedRows } from '../story/seed-rows.ts'
import type { Service } from '../story/service.ts'
import type { World } from '../story/world.ts'

/** Some rows, the expand step, and then step after step, until the change is in a phase. Courtesy is overridden. */
export async function advanceTo(world: World, phase: Phase, followers: readonly Service[]): Promise<void> {
  const { target } = world
  await seedRows(world)
  await runMigrations(target.session, migrationInput(target))
  for (;;) {
    await world.lookAtControl()
    if (world.control.phase === phase) return
    for (const { toolkit } of followers) await toolkit.refresh()
    await takeNext(target, await planNext(target), { force: 'the scene goes on' })
  }
}
