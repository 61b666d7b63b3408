import { planBack } from '../../../src/advance/plan.ts'
import { takeBack } from '../../../src/advance/take-back.ts'
import { takeFill } from '../../../src/advance/take-fill.ts'
import { checkpoint } from '../story/checkpoint.ts'
import { openSnapshot } from '../story/open-transactions.ts'
import type { World } from '../story/world.ts'
import { advanceTo } from './steps.ts'

/**
 * A transaction with a snapshot of new-only, where old is left alone, inserts after the change has gone back and the
 * backfill, which fills old again, has passed: what it writes has to reach old by the trigger.
 */
export async function snapshotFromBefore(world: World): Promise<void> {
  const { target, services } = world
  await advanceTo(world, 'new-only', services)
  for (const { toolkit } of services) await toolkit.refresh()
  await openSnapshot(world)
  await takeBack(target, await planBack(target))
  await takeFill(target, {})
  await world.lookAtControl()
  world.isOldBehind = false
  for (const { finish } of world.takeUnfinished()) await finish()
  await checkpoint(world)
}
