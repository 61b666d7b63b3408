import { findRelation, type Relation } from '../catalog/relations.ts'
import {
  connectionLost,
  ExpandContractError,
  failure,
  isConnectionLoss,
  mayHoldValues,
  withoutValues,
} from '../errors/index.ts'
import type { TableLockMode } from '../sql/blockers.ts'
import type { QualifiedName } from '../sql/identifier.ts'
import { defaultTotalMs, lockPolicy, withTableLocks } from '../sql/lock-table.ts'
import type { Pin } from '../sql/pin.ts'
import type { MigrationFile } from './migration-file.ts'
import { runOutside } from './outside.ts'
import { readProgress, saveProgress } from './progress.ts'
import { type Run, tell } from './run.ts'
import { isOpaque, lockOf, worksOnRows } from './statement-kinds.ts'
import { type Grouping, groupsOf, type Unit } from './units.ts'

/** How a file is to be applied, beyond its own statements. */
export interface Application {
  readonly file: MigrationFile
  readonly units: readonly Unit[]
  readonly grouping: Grouping
  /** First of each transaction, before any table is locked: the lock and the check of the change's row. */
  readonly before?: () => Promise<void>
  /** Closed after `before` in each transaction. */
  readonly pin?: Pin | undefined
  /** After the statements of each transaction, inside it. */
  readonly after?: (position: { readonly isLast: boolean }) => Promise<void>
}

/**
 * Applies a migration from where it stands:
 *
 * 1. Units that may run in a transaction do; with them commits how far the migration has come, and with the last of them
 *    Drizzle's journal.
 * 2. A unit that may not runs by itself, between two such transactions. The first says that it was begun, so that a
 *    later run knows what it may find.
 *
 * A killed run is therefore continued at the statement. A transaction that does not get its locks is rolled back and
 * tried again, as a whole.
 *
 * @throws ExpandContractError EC_MIGRATION_FAILED, EC_CONNECTION_LOST, EC_LOCK_TIMEOUT, EC_MIGRATION_EDITED
 */
export async function applyFile(run: Run, application: Application): Promise<void> {
  const { file, units, grouping } = application
  const progress = await readProgress(run.session.db, file)
  const wasBegun = progress?.state === 'running'
  if (wasBegun && progress.hash !== file.migration.hash) {
    throw failure('EC_MIGRATION_EDITED', {
      file: file.migration.tag,
      problem: `its text was changed after ${progress.statement} of its parts had been run`,
    })
  }
  const started = performance.now()
  const subject = { migration: file.migration.tag, ...(file.step === undefined ? {} : { step: file.step }) }
  tell(run, { kind: 'started', ...subject })
  const first = wasBegun ? progress.statement : 0
  let done = first
  for (const group of groupsOf(units.slice(first), grouping)) {
    const [unit] = group
    const next = done + group.length
    const isLast = next === units.length
    if (unit?.isOutside) {
      await commit(run, application, { group: [], done, isLast: false })
      await attributing(
        file,
        () => next,
        () => runOutside(run, file, unit, wasBegun && done === first),
      )
      await commit(run, application, { group: [], done: next, isLast })
    } else {
      await commit(run, application, { group, done: next, isLast })
    }
    done = next
  }
  tell(run, { kind: 'finished', ...subject, elapsedMs: performance.now() - started })
}

/** What one transaction brings a migration to. */
interface Advance {
  readonly group: readonly Unit[]
  /** How many units are done with it. */
  readonly done: number
  readonly isLast: boolean
}

/** The change's row, the locks, the units, and how far the migration has come with them. */
async function commit(run: Run, application: Application, { group, done, isLast }: Advance): Promise<void> {
  const { client, db } = run.session
  const { signal, locks: { totalMs = defaultTotalMs, policy = lockPolicy } = {} } = run.input
  const { file, before, pin, after } = application
  const locks = await locksFor(run, file, group)
  let current = 0
  await attributing(
    file,
    () => done - group.length + current + 1,
    () =>
      withTableLocks(client, {
        ...locks,
        totalMs,
        policy,
        signal,
        before,
        pin,
        work: async () => {
          for (current = 0; current < group.length; current += 1) {
            signal?.throwIfAborted()
            if (locks.tables.length === 0) {
              const isPatient = group.slice(0, current + 1).every(({ statements }) => statements.every(worksOnRows))
              await client.query(`SET LOCAL lock_timeout = ${isPatient ? totalMs : policy.queueMs[1]}`)
            }
            await client.query(group[current]!.text)
          }
          if (!isLast) await saveProgress(db, file, 'running', done)
          await after?.({ isLast })
        },
        onBlocked: (blockers) => tell(run, { kind: 'blocked', migration: file.migration.tag, blockers }),
      }),
  )
}

interface Locks {
  readonly tables: readonly QualifiedName[]
  readonly lockedByWork: readonly QualifiedName[]
  readonly mode: TableLockMode
}

const strengths: readonly TableLockMode[] = ['SHARE UPDATE EXCLUSIVE', 'SHARE ROW EXCLUSIVE', 'ACCESS EXCLUSIVE']

/**
 * The locks to take before a group of units. DDL alone takes all its locks at the start, by probing. Where rows are
 * worked on too, that would keep everybody out for as long as that takes: then each statement takes its own lock, and
 * queues for it only shortly; rows alone are awaited with patience, as long as no DDL has shut others out. The DO blocks
 * of step files are our own, and end at once.
 */
async function locksFor({ session }: Run, file: MigrationFile, group: readonly Unit[]): Promise<Locks> {
  const statements = group.flatMap((unit) => unit.statements)
  const tables = new Map<number, Relation>()
  let strength = 0
  for (const statement of statements) {
    const lock = lockOf(statement)
    const table = lock && (await findRelation(session.client, lock.table))
    if (lock === undefined || table?.kind !== 'table') continue
    tables.set(table.tableOid, table)
    strength = Math.max(strength, strengths.indexOf(lock.mode))
  }
  const names = [...tables.values()].map(({ schema, name }) => ({ schema, name }))
  const lockedByWork =
    file.step === undefined && statements.some((statement) => worksOnRows(statement) || isOpaque(statement))
  return {
    tables: lockedByWork ? [] : names,
    lockedByWork: lockedByWork ? names : [],
    mode: strengths[strength]!,
  }
}

/** Gives what a statement raised the name of its migration, and takes the values out of it. A lost connection is not of its making. */
async function attributing<Result>(
  { migration }: MigrationFile,
  statement: () => number,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (isConnectionLoss(error)) throw connectionLost(error)
    if (error instanceof ExpandContractError || !mayHoldValues(error)) throw error
    const cause = withoutValues(error)
    throw failure('EC_MIGRATION_FAILED', { file: migration.tag, statement: statement(), problem: cause.message }, cause)
  }
}
