import { errorCode } from '../../../src/errors/index.ts'
import type { Tickets } from './tickets.ts'

/** SQLSTATE of a text that is no label. */
const rejection = '22P02'

/** An old release writes what is rejected while reads may be new: it is refused, or else it has to be read. */
export async function rejectedInReadSwitch(world: Tickets): Promise<void> {
  await world.advanceTo('read-switch')
  await world.moveReadsToNew()
  try {
    await world.writeOld(1, 'lost')
  } catch (error) {
    if (errorCode(error) !== rejection) throw error
  }
  await world.compareReads()
}
