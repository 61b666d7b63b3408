import { describe, expect, it } from 'vitest'
import { type AnyChange, asChange } from '../../../src/change/change.ts'
import { collectChanges } from '../../../src/change/collect.ts'
import { readMigrations } from '../../../src/drizzle/migration-folder.ts'
import { type MigrationFolder, plainRenameFolder, plainUserFullName } from './folder.ts'
import { changeRow, makeSubject, type Subject, setPhase, stepStates } from './subject.ts'

const [declared] = collectChanges([plainUserFullName])
const changes = [declared!]

/** A change under way in a table with a row. */
async function underWay(change: AnyChange = declared!): Promise<{ subject: Subject; folder: MigrationFolder }> {
  const subject = await makeSubject()
  const folder = await plainRenameFolder([change])
  await subject.migrate(folder.upTo(folder.tags[0]!), { changes: [change] })
  await subject.query(`INSERT INTO users (name) VALUES ('Ada')`)
  await subject.migrate(folder, { changes: [change] })
  await subject.query('UPDATE users SET full_name = name')
  return { subject, folder }
}

const lost = { code: 'EC_CONTROL_LOST', outcome: 'action-needed' }

async function controlTables({ query }: Subject): Promise<readonly unknown[]> {
  return query(
    `SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'expand_contract'`,
  )
}

/** Everything but the sync function, and with it the triggers. */
async function loseTables({ query }: Subject): Promise<void> {
  await query(`DO $$ DECLARE object text; BEGIN
    FOR object IN SELECT format('TABLE %s', c.oid::regclass) FROM pg_class c
                   WHERE relnamespace = 'expand_contract'::regnamespace AND relkind = 'r'
             UNION ALL SELECT format('FUNCTION %s', oid::regprocedure) FROM pg_proc
                   WHERE pronamespace = 'expand_contract'::regnamespace AND proname !~ '^sync_' LOOP
      EXECUTE format('DROP %s CASCADE', object);
    END LOOP; END $$`)
}

/** What the expand migration says from the sync trigger on. */
function triggerPart(folder: MigrationFolder): string {
  const { text } = readMigrations(folder.path)[1]!
  return text.slice(text.indexOf('-- The sync trigger'))
}

describe('control tables that are lost in the middle of a change', () => {
  it('with the triggers: nothing is guessed, and none are made anew, until the old side has been put in its place', async () => {
    const { subject, folder } = await underWay()
    await subject.query('DROP SCHEMA expand_contract CASCADE')

    await expect(subject.migrate(folder, { changes })).rejects.toMatchObject(lost)
    await expect(subject.migrate(folder, { changes, dryRun: true })).rejects.toMatchObject(lost)
    await expect(subject.migrate(folder, { changes: [] })).rejects.toMatchObject(lost)
    expect(await controlTables(subject)).toEqual([])

    await subject.query(triggerPart(folder))
    const { deferred } = await subject.migrate(folder, { changes })
    expect(deferred.map(({ step }) => step)).toEqual(['handover', 'retire', 'drop'])
    expect(await stepStates(subject)).toMatchObject({ expand: 'done', handover: 'deferred' })
    expect(await changeRow(subject)).toMatchObject({ phase: 'expanded', backfill_state: 'pending' })
  })

  it.each(['both', 'new', 'forward', 'fence'])('with a trigger in mode %s left: nothing is guessed', async (mode) => {
    const { subject, folder } = await underWay()
    await subject.query(triggerPart(folder).replaceAll(`('old')`, `('${mode}')`))
    await loseTables(subject)

    await expect(subject.migrate(folder, { changes })).rejects.toMatchObject(lost)
    expect(await controlTables(subject)).toEqual([])
  })

  it('with a trigger in mode old left: old has held the truth all the time, and the change begins again', async () => {
    const { subject, folder } = await underWay()
    await setPhase(subject, 'read-switch')
    await loseTables(subject)

    await subject.migrate(folder, { changes })

    expect(await changeRow(subject)).toMatchObject({ phase: 'expanded', sync_since: '1', backfill_state: 'pending' })
    expect(await stepStates(subject)).toMatchObject({ handover: 'deferred', retire: 'deferred' })
  })

  it('a row deleted by hand counts as lost too', async () => {
    const { subject, folder } = await underWay()
    await subject.query(triggerPart(folder).replaceAll(`('old')`, `('both')`))
    await subject.query('TRUNCATE expand_contract.changes, expand_contract.migration_steps')

    await expect(subject.migrate(folder, { changes })).rejects.toMatchObject(lost)
    expect(await changeRow(subject)).toBeUndefined()
  })

  it('without a sync trigger: the journal forgets the steps that waited, and the change begins again', async () => {
    const change = asChange({ ...declared!, sync: 'none', copyBack: false }) as unknown as AnyChange
    const { subject, folder } = await underWay(change)
    await subject.query('DROP SCHEMA expand_contract CASCADE')

    const error = await subject.migrate(folder, { changes: [change] }).catch((reason) => reason)
    expect(error).toMatchObject(lost)
    const [hashes] = /hash IN \([^)]*\)/.exec(error.fix)!
    await subject.query(`DELETE FROM drizzle.__drizzle_migrations WHERE ${hashes}`)

    const { deferred } = await subject.migrate(folder, { changes: [change] })
    expect(deferred.map(({ step }) => step)).toEqual(['handover', 'retire', 'drop'])
    expect(await changeRow(subject)).toMatchObject({ phase: 'expanded', sync_since: null })
  })
})
