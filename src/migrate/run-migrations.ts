import type { StepHeader } from '../change/step.ts'
import { recordedDeclarations } from '../control/recorded-declarations.ts'
import type { Session } from '../control/session.ts'
import { pruneUnawareWriters } from '../control/unaware-writers.ts'
import type { Migration } from '../drizzle/migration-folder.ts'
import { journaledMigrations } from '../drizzle/migration-journal.ts'
import { type ExpandContractError, failure } from '../errors/index.ts'
import { applyOrdinary } from './apply-ordinary.ts'
import { applyStep, deferStep } from './apply-step.ts'
import { cancellable } from './cancel.ts'
import { gateOf } from './gate.ts'
import type { DeferredStep, MigrateResult, MigrationInput } from './input.ts'
import { isStepFile, type MigrationFile, type OrdinaryFile, readFiles, type StepFile } from './migration-file.ts'
import { prepare } from './prepare.ts'
import { readProgress, saveProgress } from './progress.ts'
import { recogniseSteps } from './recognise.ts'
import { type Run, tell } from './run.ts'
import { withRunnerLock } from './runner-lock.ts'
import { changesOfSteps, type StepChange } from './step-change.ts'
import { conflictOf, type WaitingStep } from './waiting-steps.ts'

/**
 * Brings a database to where its migration folder and the phases of its changes allow:
 *
 * 1. One runner at a time; control tables and Drizzle's journal are made where they are missing.
 * 2. Steps that others ran are taken in from the catalog.
 * 3. Steps that wait run if their gate has opened, in the order of the folder.
 * 4. Pending migrations are applied in that order. A step whose gate is closed begins to wait; a migration that names what
 *    a waiting step still has to change ends the run before it.
 *
 * Each migration commits by itself, together with its entry in Drizzle's journal: Drizzle's own `migrate()` finds nothing
 * to do afterwards, and whatever ends a run, the next one goes on where it stopped.
 *
 * @throws ExpandContractError EC_MIGRATION_FAILED, EC_LOCK_TIMEOUT, EC_MIGRATION_RUNNING, EC_MIGRATION_EDITED,
 *   EC_DECLARATION_DIFFERS, EC_STEP_FILE_DIFFERS, EC_READ_ONLY, EC_RIGHT_MISSING, EC_POOLED_CONNECTION
 */
export async function runMigrations(session: Session, input: MigrationInput): Promise<MigrateResult> {
  return exclusively(session, input, async (outlook) => {
    const take = new Take(outlook)
    for (const file of outlook.files.filter(isStepFile)) {
      if (outlook.journaled.has(file.migration)) await take.step(file)
    }
    for (const file of outlook.files) {
      if (outlook.journaled.has(file.migration)) continue
      input.signal?.throwIfAborted()
      if (isStepFile(file)) await take.step(file)
      else await take.ordinary(file)
      if (take.result.stopped !== undefined) break
    }
    return take.result
  })
}

/** What a run begins with. */
export interface Outlook {
  readonly run: Run
  readonly files: readonly MigrationFile[]
  readonly changes: ReadonlyMap<string, StepChange>
  /** Migrations that Drizzle's journal held when the run began. */
  readonly journaled: ReadonlySet<Migration>
}

/** Runs `work` as the only runner of the database. A dry run changes nothing and keeps nobody out. */
export async function exclusively<Result>(
  session: Session,
  input: MigrationInput,
  work: (outlook: Outlook) => Promise<Result>,
): Promise<Result> {
  const files = readFiles(input.folder).filter(({ step }) => step === undefined || step.changeId !== input.withhold)
  const begin = async (): Promise<Result> => {
    const { run, entries } = await prepare(session, input, files)
    const stepFiles = files.filter(isStepFile)
    const recorded = run.hasControlTables ? await recordedDeclarations(session.db) : new Map()
    const changes = changesOfSteps(stepFiles, input, recorded)
    const journaled = journaledMigrations(
      entries,
      files.map(({ migration }) => migration),
    )
    if (!input.dryRun) {
      const known = stepFiles.filter(({ migration }) => journaled.has(migration))
      await recogniseSteps(run, known, changes)
      await pruneUnawareWriters(session.client)
    }
    return work({ run, files, changes, journaled })
  }
  return cancellable(session, input.signal, () => (input.dryRun ? begin() : withRunnerLock(session, input, begin)))
}

/** Takes one file after the other, and keeps account of what became of them. */
class Take {
  readonly #outlook: Outlook
  readonly #applied: string[] = []
  readonly #ran: StepHeader[] = []
  readonly #deferred: DeferredStep[] = []
  readonly #waiting: WaitingStep[] = []
  #stopped: ExpandContractError | undefined

  constructor(outlook: Outlook) {
    this.#outlook = outlook
  }

  get result(): MigrateResult {
    return {
      applied: this.#applied,
      ran: this.#ran,
      deferred: this.#deferred,
      ...(this.#stopped === undefined ? {} : { stopped: this.#stopped }),
    }
  }

  async ordinary(file: OrdinaryFile): Promise<void> {
    const { run } = this.#outlook
    const { tag } = file.migration
    const conflict = conflictOf(file, this.#waiting)
    if (conflict !== undefined) {
      const { migration, step } = conflict.waiting.file
      const deferred = `${migration.tag} (${step.step} of change "${step.changeId}")`
      this.#stopped = failure('EC_MIGRATION_STOPPED', { file: tag, name: conflict.name, deferred })
      return
    }
    if (!run.input.dryRun) await applyOrdinary(run, file)
    this.#applied.push(tag)
  }

  async step(file: StepFile): Promise<void> {
    const { run, journaled, changes } = this.#outlook
    const isPending = !journaled.has(file.migration)
    const change = changes.get(file.step.changeId)!
    const state = run.hasControlTables ? (await readProgress(run.session.db, file))?.state : undefined
    if (state === 'done' || state === 'void' || (state === undefined && !isPending)) {
      if (isPending) await this.#write(() => run.journal.append(file.migration))
      return
    }
    const gate = await gateOf(run, change, file)
    if (gate.state === 'open') {
      await this.#write(() => applyStep(run, file, change, isPending))
      if (isPending) this.#applied.push(file.migration.tag)
      else this.#ran.push(file.step)
    } else if (gate.state === 'void') {
      await this.#write(() => (isPending ? deferStep(run, file, 'void') : saveProgress(run.session.db, file, 'void')))
    } else {
      const { waitsFor } = gate
      this.#deferred.push({ ...file.step, waitsFor })
      this.#waiting.push({ file, change })
      if (!isPending) return
      // A step that was begun goes on where it stands, even if Drizzle's journal has lost it.
      await this.#write(() =>
        state === undefined ? deferStep(run, file, 'deferred') : run.journal.append(file.migration),
      )
      tell(run, { kind: 'deferred', migration: file.migration.tag, step: file.step, waitsFor })
    }
  }

  async #write(work: () => Promise<void>): Promise<void> {
    if (!this.#outlook.run.input.dryRun) await work()
  }
}
