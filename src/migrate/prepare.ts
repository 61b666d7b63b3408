import { allTables } from '../catalog/relations.ts'
import { hasControlTables, installControlTables, requireControlTables } from '../control/install.ts'
import { namingRights } from '../control/naming-rights.ts'
import type { Session } from '../control/session.ts'
import { type JournalEntry, journaledMigrations, MigrationJournal } from '../drizzle/migration-journal.ts'
import { failure } from '../errors/index.ts'
import type { MigrationInput } from './input.ts'
import { refuseLostRecords } from './lost-control.ts'
import { isStepFile, type MigrationFile } from './migration-file.ts'
import { type Run, tell } from './run.ts'
import { changesOfSteps } from './step-change.ts'

/** A run whose tables are in place, and what Drizzle's journal holds. */
export interface Prepared {
  readonly run: Run
  readonly entries: readonly JournalEntry[]
}

/**
 * Makes sure that the database can be written, that the control tables are of this version, and that Drizzle's journal
 * exists. A dry run creates neither. Control tables that are lost are not made anew: processes would take their silence
 * for "planned".
 *
 * @throws ExpandContractError EC_READ_ONLY, EC_RIGHT_MISSING, EC_CONTROL_LOST, EC_CONTROL_OUTDATED
 */
export async function prepare(
  session: Session,
  input: MigrationInput,
  files: readonly MigrationFile[],
): Promise<Prepared> {
  const { client } = session
  await refuseReadOnly(session)
  const table = { schema: input.migrationsSchema ?? 'drizzle', name: input.migrationsTable ?? '__drizzle_migrations' }
  const found = await MigrationJournal.open(client, table)
  const hadControlTables = await hasControlTables(session)
  if (!hadControlTables) await refuseLost(session, input, files, await found.read())
  else if (input.dryRun) await requireControlTables(session)
  const installed = input.dryRun
    ? []
    : await namingRights(session, 'create the control tables (schema "expand_contract")', () =>
        installControlTables(session),
      )
  const journal =
    found.exists || input.dryRun
      ? found
      : await namingRights(session, `create Drizzle's journal (schema "${table.schema}")`, () =>
          MigrationJournal.create(
            client,
            table,
            files.map(({ migration }) => migration),
          ),
        )
  const run: Run = {
    session,
    input,
    journal,
    hasControlTables: hadControlTables || !input.dryRun,
    tablesBefore: await allTables(client),
  }
  if (installed.length > 0) tell(run, { kind: 'installed', files: installed })
  return { run, entries: await namingRights(session, `read Drizzle's journal`, () => journal.read()) }
}

async function refuseLost(
  { client, db }: Session,
  input: MigrationInput,
  files: readonly MigrationFile[],
  entries: readonly JournalEntry[],
): Promise<void> {
  const journaled = journaledMigrations(
    entries,
    files.map(({ migration }) => migration),
  )
  const stepFiles = files.filter(isStepFile).filter(({ migration }) => journaled.has(migration))
  for (const change of changesOfSteps(stepFiles, input, new Map()).values()) {
    const own = stepFiles.filter(({ step }) => step.changeId === change.id)
    await refuseLostRecords(client, db, change, own)
  }
}

async function refuseReadOnly({ client, address }: Session): Promise<void> {
  const { rows } = await client.query<{ standby: boolean; readOnly: boolean }>(
    `SELECT pg_is_in_recovery() AS standby, current_setting('transaction_read_only')::boolean AS "readOnly"`,
  )
  const { standby, readOnly } = rows[0]!
  if (standby) throw failure('EC_READ_ONLY', { address, reason: 'it is a standby' })
  if (readOnly) throw failure('EC_READ_ONLY', { address, reason: 'its transactions are read-only by default' })
}
