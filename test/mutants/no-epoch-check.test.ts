import { eq, sql } from 'drizzle-orm'
import { vi } from 'vitest'
import { changes } from '../../schema/changes.ts'
import type * as ChangeRows from '../../src/control/change-row.ts'
import { expectToDie } from './story/expectations.ts'

/** Moves the row, whatever somebody else has made of it since it was read. */
vi.mock('../../src/control/change-row.ts', async (importActual) => {
  const actual = await importActual<typeof ChangeRows>()
  const compareAndSet: typeof actual.compareAndSet = async (db, row, patch) => {
    const [moved] = await db
      .update(changes)
      .set({ ...patch, epoch: sql`${changes.epoch} + 1` })
      .where(eq(changes.id, row.id))
      .returning({ epoch: changes.epoch })
    return moved!.epoch
  }
  return { ...actual, compareAndSet }
})

expectToDie('no-epoch-check')
