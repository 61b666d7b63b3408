import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import { describe, expect, it } from 'vitest'
import { planNext } from '../../../src/advance/plan.ts'
import { takeNext } from '../../../src/advance/take-next.ts'
import type { Target } from '../../../src/advance/target.ts'
import type { AnyChange } from '../../../src/change/change.ts'
import { asChange } from '../../../src/change/change.ts'
import { collectChanges } from '../../../src/change/collect.ts'
import { sidesOf } from '../../../src/change/sides.ts'
import type { MigrationFolder } from './folder.ts'
import { plainRenameFolder, plainUserFullName } from './folder.ts'
import { changeRow, columnsOf, makeSubject, type Subject } from './subject.ts'

const variants = [
  { variant: 'with copy-back', copyBack: true, armed: 'new' },
  { variant: 'with copy-back off', copyBack: false, armed: 'fence' },
] as const

function changeWith(copyBack: boolean): AnyChange {
  const [change] = collectChanges([plainUserFullName])
  return asChange({ ...change!, copyBack }) as unknown as AnyChange
}

function targetOf({ session }: Subject, folder: MigrationFolder, change: AnyChange): Target {
  return {
    session,
    change,
    sides: sidesOf(change),
    changes: [change],
    migrations: { folder: folder.path, migrationsTable: '__drizzle_migrations', migrationsSchema: 'drizzle' },
    casing: undefined,
    lockTimeoutMs: 5_000,
  }
}

/** Takes every step that there is, and says in which of them the trigger looked as if somebody else had altered it. */
async function toTheEnd(
  target: Target,
): Promise<{ readonly taken: readonly string[]; readonly altered: readonly string[] }> {
  const taken: string[] = []
  const altered: string[] = []
  for (let plan = await planNext(target); plan.step.kind !== 'done'; plan = await planNext(target)) {
    if (plan.facts.trigger?.alteredByHand) altered.push(plan.facts.phase)
    taken.push(plan.step.kind === 'transition' ? plan.step.to : plan.step.kind)
    await takeNext(target, plan)
  }
  return { taken, altered }
}

describe.each(variants)('the trigger of a change $variant counts as ours', ({ copyBack, armed }) => {
  const change = changeWith(copyBack)
  const changes = [change]

  it('from the expand step by migrate to the drop by next', async () => {
    const subject = await makeSubject()
    const folder = await plainRenameFolder()
    await subject.migrate(folder.upTo(folder.tags[0]!), { changes })
    await subject.query(`INSERT INTO users (name) VALUES ('Ada')`)
    await subject.migrate(folder, { changes })

    const { taken, altered } = await toTheEnd(targetOf(subject, folder, change))

    expect(altered).toEqual([])
    expect(taken).toEqual(
      expect.arrayContaining(['dual-write', 'read-new', 'new-only', 'arm', 'contracted', 'retire', 'drop']),
    )
    expect(taken).not.toContain('prove-anew')
    expect(await columnsOf(subject)).toEqual(['age', 'full_name', 'id'])
  })

  it('from the expand step by Drizzle’s migrate() to the drop by next', async () => {
    const subject = await makeSubject()
    const folder = await plainRenameFolder()
    await migrate(drizzle({ client: subject.database.pool }), { migrationsFolder: folder.upTo(folder.tags[1]!).path })
    await subject.query(`INSERT INTO users (name) VALUES ('Ada')`)
    await subject.migrate(folder, { changes })

    const { altered } = await toTheEnd(targetOf(subject, folder, change))

    expect(altered).toEqual([])
    expect(await columnsOf(subject)).toEqual(['age', 'full_name', 'id'])
  })

  it('where Drizzle’s migrate() has retired the column: it is armed, and may be dropped or taken back', async () => {
    const subject = await makeSubject()
    const folder = await plainRenameFolder()
    await migrate(drizzle({ client: subject.database.pool }), { migrationsFolder: folder.upTo(folder.tags[3]!).path })
    await subject.migrate(folder.upTo(folder.tags[3]!), { changes })

    const plan = await planNext(targetOf(subject, folder, change))
    expect(plan.facts).toMatchObject({ phase: 'contracted', trigger: { alteredByHand: false, mode: armed } })
    expect(await changeRow(subject)).toMatchObject({ trigger_mode: armed, trigger_version: expect.any(String) })
  })

  it('in a table of the same run, between its retire and its drop', async () => {
    const subject = await makeSubject()
    const folder = await plainRenameFolder()
    await subject.migrate(folder.upTo(folder.tags[3]!), { changes })

    const plan = await planNext(targetOf(subject, folder, change))
    expect(plan.facts).toMatchObject({ phase: 'contracted', copyBack, trigger: { alteredByHand: false, mode: armed } })
    expect(await changeRow(subject)).toMatchObject({ trigger_mode: armed, copy_back: copyBack })
    const { altered } = await toTheEnd(targetOf(subject, folder, change))
    expect(altered).toEqual([])
    expect(await columnsOf(subject)).toEqual(['age', 'full_name', 'id'])
  })
})

describe('a change without a sync trigger', () => {
  const [declared] = collectChanges([plainUserFullName])
  const change = asChange({ ...declared!, sync: 'none', copyBack: false }) as unknown as AnyChange
  const changes = [change]

  it('takes all steps in an empty database, and ends where production ends', async () => {
    const subject = await makeSubject()
    const folder = await plainRenameFolder([change])

    expect((await subject.migrate(folder, { changes })).deferred).toEqual([])

    expect(await columnsOf(subject)).toEqual(['age', 'full_name', 'id'])
    expect(await changeRow(subject)).toMatchObject({ phase: 'contracted', sync: 'none', trigger_mode: null })
  })

  it('is recorded as expanded in a table that was there before, by migrate and after Drizzle’s migrate()', async () => {
    const folder = await plainRenameFolder([change])
    for (const last of [folder.tags[0]!, folder.tags[1]!]) {
      const subject = await makeSubject()
      await migrate(drizzle({ client: subject.database.pool }), { migrationsFolder: folder.upTo(last).path })
      await subject.query(`INSERT INTO users (name) VALUES ('Ada')`)
      const { deferred } = await subject.migrate(folder, { changes })
      expect(deferred.map(({ step }) => step)).toEqual(['handover', 'retire', 'drop'])
      expect(await changeRow(subject)).toMatchObject({ phase: 'expanded', sync: 'none', sync_since: null })
    }
  })
})
