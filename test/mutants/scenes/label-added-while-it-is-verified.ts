import { beforeStatement } from '../../support/before-statement.ts'
import type { Tickets } from './tickets.ts'

/** The transform takes a value that it has rejected once the verification is past its row, and before that one ends. */
export async function labelAddedWhileItIsVerified(world: Tickets): Promise<void> {
  await world.writeOld(1, 'parked')
  await world.advanceTo('dual-write', 'verify')
  const restore = beforeStatement(world.target.session.client, 'DELETE FROM expand_contract.quarantine', () =>
    world.query(`ALTER TYPE ticket_state ADD VALUE 'parked'`),
  )
  await world.verify().finally(restore)
  await world.advanceTo('read-switch')
  await world.moveReadsToNew()
  await world.compareReads()
}
