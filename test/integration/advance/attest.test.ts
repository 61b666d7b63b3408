import { beforeEach, describe, expect, it } from 'vitest'
import { attest } from '../../../src/advance/attest.ts'
import { planNext } from '../../../src/advance/plan.ts'
import { holdReads, setReads } from '../../../src/advance/set-reads.ts'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { readHistory } from '../../../src/control/history.ts'
import { advanceTo, plainSchemas, type Renaming, startRenaming, users } from '../../support/renaming.ts'

let renaming: Renaming
beforeEach(async () => {
  renaming = await startRenaming()
})

async function lastEntry() {
  return (await readHistory(renaming.target.session.db, 'user-full-name')).at(-1)
}

/** A change whose declaration says that there is no sync trigger. */
async function withoutTrigger(): Promise<void> {
  const change = renameColumn({
    id: 'user-full-name',
    table: users,
    from: 'name',
    to: 'fullName',
    soak: '0',
    sync: 'none',
  })
  renaming = await startRenaming({ ...plainSchemas, change })
}

describe('an attestation', () => {
  it('is kept with its words and who gave it, and does not begin another epoch', async () => {
    await withoutTrigger()
    await advanceTo(renaming, 'dual-write')
    const before = (await planNext(renaming.target)).facts
    await attest(renaming.target, '  looked at pg_stat_statements  ')
    const after = await planNext(renaming.target)
    expect([before.attested, after.facts.attested, after.facts.epoch]).toEqual([false, true, before.epoch])
    expect(after.row?.attestedBy).toMatch(/.@./)
    expect(await lastEntry()).toMatchObject({
      action: 'attest',
      evidence: { statement: 'looked at pg_stat_statements' },
    })
  })

  it.each(['', '  ', '--yes'])('that says %j is none', async (words) => {
    await expect(attest(renaming.target, words)).rejects.toMatchObject({ code: 'EC_OPTION_INVALID' })
  })

  it('is not taken for a change whose sync trigger sees every writer', async () => {
    await advanceTo(renaming, 'dual-write')
    await expect(attest(renaming.target, 'sure')).rejects.toMatchObject({ code: 'EC_OPTION_UNFIT' })
  })

  it('is not taken before both sides are written, as the step there would void it', async () => {
    await withoutTrigger()
    await expect(attest(renaming.target, 'sure')).rejects.toMatchObject({
      code: 'EC_OPTION_UNFIT',
      message: expect.stringContaining('it is in "expanded"'),
    })
  })
})

describe('a hold by hand', () => {
  it('forces reads to old with its reason, until they are set again', async () => {
    await advanceTo(renaming, 'read-switch')
    await setReads(renaming.target, 50)
    await holdReads(renaming.target, 'wrong names on invoices')
    const { facts } = await planNext(renaming.target)
    expect(facts).toMatchObject({ hold: 'wrong names on invoices', readPercent: 50, phase: 'read-switch' })
    expect(await lastEntry()).toMatchObject({ action: 'hold', evidence: { reason: 'wrong names on invoices' } })
    await setReads(renaming.target, 25)
    expect((await planNext(renaming.target)).facts).toMatchObject({ hold: null, readPercent: 25 })
  })

  it.each(['dual-write', 'read-new', 'new-only'] as const)(
    'is refused in %s, where the flag decides nothing',
    async (phase) => {
      await advanceTo(renaming, phase)
      await expect(holdReads(renaming.target, 'why not')).rejects.toMatchObject({
        code: 'EC_OPTION_UNFIT',
        message: expect.stringContaining(phase),
      })
      expect((await planNext(renaming.target)).facts.hold).toBeNull()
    },
  )

  it('needs a reason', async () => {
    await advanceTo(renaming, 'read-switch')
    await expect(holdReads(renaming.target, ' ')).rejects.toMatchObject({ code: 'EC_OPTION_INVALID' })
  })
})
