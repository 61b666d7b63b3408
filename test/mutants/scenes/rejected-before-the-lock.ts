import { planNext } from '../../../src/advance/plan.ts'
import { takeNext } from '../../../src/advance/take-next.ts'
import { beforeStatement } from '../../support/before-statement.ts'
import { unlessRefused } from '../story/operator.ts'
import type { Tickets } from './tickets.ts'

/** An old release writes what is rejected after the guards of read-switch have been asked, before the trigger is strict. */
export async function rejectedBeforeTheLock(world: Tickets): Promise<void> {
  const { target } = world
  await world.advanceTo('dual-write', 'transition')
  const plan = await planNext(target)
  const restore = beforeStatement(target.session.client, 'LOCK TABLE "public"."tickets"', () =>
    world.writeOld(1, 'lost'),
  )
  const isTaken = await unlessRefused(takeNext(target, plan), 'EC_GUARD_REFUSED').finally(restore)
  if (isTaken) await world.compareNew()
}
