import type { StepHeader } from '../../change/step.ts'
import { openProject, type Project, withSession } from '../../config/project.ts'
import { type MigrateEvent, type MigrateResult, runMigrations } from '../../migrate/index.ts'
import { readFiles } from '../../migrate/migration-file.ts'
import { command } from '../command.ts'
import { exitCode, exitCodeOf } from '../exit-code.ts'
import { wrapped } from '../layout.ts'
import type { Output } from '../output.ts'
import { reportError } from '../report-error.ts'

export default command({
  name: 'migrate',
  description: 'Apply pending migrations; steps of a change that are not due wait',
  args: { 'dry-run': { type: 'boolean', description: 'Show what would be applied, and apply nothing' } },
  async run({ args, output, signal }) {
    const project = await openProject(args)
    const { config, migrationsFolder, changes } = project
    const dryRun = Boolean(args['dry-run'])
    return withSession(project, async (session) => {
      const result = await runMigrations(session, {
        folder: migrationsFolder,
        changes,
        migrationsTable: config.migrationsTable,
        migrationsSchema: config.migrationsSchema,
        locks: { totalMs: config.lockTimeout },
        signal,
        dryRun,
        ...(dryRun ? {} : { onEvent: (event) => showEvent(event, output) }),
        ...(config.casing === undefined ? {} : { casing: config.casing }),
      })
      output.status('')
      if (dryRun) showOutlook(result, output)
      for (const id of withoutFiles(project)) {
        output.line(
          `${output.style('yellow', 'note')}  change "${id}" has no migrations yet: npx expand-contract generate`,
        )
      }
      showSummary(result, output)
      if (result.stopped === undefined) {
        output.result({ database: session.address, dryRun, ...result })
        return exitCode.ok
      }
      reportError(result.stopped, output)
      return exitCodeOf(result.stopped.outcome)
    })
  },
})

function showEvent(event: MigrateEvent, output: Output): void {
  switch (event.kind) {
    case 'installed':
      output.line(`${output.style('green', '✓')} control tables (${event.files.join(', ')})`)
      break
    case 'waiting':
      output.line(`Waiting for another runner: ${event.holder}.`)
      break
    case 'recognised':
      output.line(
        `${output.style('green', '✓')} ${event.changeId} was migrated by other means; it is in "${event.phase}"`,
      )
      break
    case 'started':
      output.status(`  ${event.migration} …`)
      break
    case 'blocked':
      output.status(`  ${event.migration} waits for ${event.blockers.join('; ')}`.slice(0, output.columns - 1))
      break
    case 'finished':
      output.line(
        `${output.style('green', '✓')} ${event.migration} ${output.style('dim', `${event.elapsedMs.toFixed(0)} ms`)}`,
      )
      break
    case 'deferred':
      showWaiting(event.migration, event.waitsFor, output)
      break
  }
}

function showWaiting(what: string, waitsFor: string, output: Output): void {
  output.line(`${output.style('yellow', '·')} ${wrapped(`${what} waits for ${waitsFor}`, output.columns, 2)}`)
}

/** What a dry run found, of which a run would tell event by event. */
function showOutlook({ applied, ran, deferred }: MigrateResult, output: Output): void {
  const plus = output.style('green', '+')
  for (const migration of applied) output.line(`${plus} ${migration}`)
  for (const step of ran) output.line(`${plus} ${stepName(step)}`)
  for (const step of deferred) showWaiting(stepName(step), step.waitsFor, output)
  if (applied.length + ran.length > 0) output.line('Nothing was applied.')
}

function stepName({ changeId, step }: StepHeader): string {
  return `${changeId} ${step}`
}

/** A declaration alone does nothing to a database; whoever has forgotten `generate` would wait for it in vain. */
function withoutFiles({ changes, migrationsFolder }: Project): readonly string[] {
  const generated = new Set(readFiles(migrationsFolder).map(({ step }) => step?.changeId))
  return changes.map(({ id }) => id).filter((id) => !generated.has(id))
}

function showSummary({ applied, ran, deferred }: MigrateResult, output: Output): void {
  if (applied.length + ran.length === 0)
    output.line(deferred.length === 0 ? 'Nothing to do.' : 'Nothing to do but what waits.')
  // What an abandoned change waits for is not to be had by `next`, and its text says by what it is.
  const first = deferred.find(({ step }) => step !== 'abandon')
  if (first !== undefined) output.line(`Next: npx expand-contract next ${first.changeId}`)
}
