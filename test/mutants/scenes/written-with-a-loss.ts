import type { Tickets } from './tickets.ts'

/** The new release writes what does not come back, and old holds the truth for a while yet. */
export async function writtenWithALoss(world: Tickets): Promise<void> {
  await world.advanceTo('dual-write')
  await world.insert(4, 'reopened')
  await world.advanceTo('read-new')
  await world.compareNew()
}
