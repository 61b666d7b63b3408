import { openProject, withSession } from '../../config/project.ts'
import { type MigrateEvent, type MigrateResult, runMigrations } from '../../migrate/index.ts'
import { command } from '../command.ts'
import { exitCode, exitCodeOf } from '../exit-code.ts'
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
        onEvent: (event) => showEvent(event, output),
        ...(config.casing === undefined ? {} : { casing: config.casing }),
      })
      output.status('')
      showSummary(result, dryRun, output)
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
      return output.line(`${output.style('green', '✓')} control tables (${event.files.join(', ')})`)
    case 'waiting':
      return output.line(`Waiting for another runner: ${event.holder}.`)
    case 'recognised':
      return output.line(
        `${output.style('green', '✓')} ${event.changeId} was migrated by other means; it is in "${event.phase}"`,
      )
    case 'started':
      return output.status(`  ${event.migration} …`)
    case 'blocked':
      return output.status(`  ${event.migration} waits for ${event.blockers.join('; ')}`.slice(0, output.columns - 1))
    case 'finished':
      return output.line(
        `${output.style('green', '✓')} ${event.migration} ${output.style('dim', `${event.elapsedMs.toFixed(0)} ms`)}`,
      )
    case 'deferred':
      return output.line(`${output.style('yellow', '·')} ${event.migration} waits for ${event.waitsFor}`)
  }
}

function showSummary({ applied, ran, deferred }: MigrateResult, dryRun: boolean, output: Output): void {
  if (applied.length === 0 && ran.length === 0)
    return output.line(deferred.length === 0 ? 'Nothing to do.' : 'Nothing to do but what waits.')
  if (dryRun) output.line('Nothing was applied.')
  const [first] = deferred
  if (first !== undefined) output.line(`Next: expand-contract next ${first.changeId}`)
}
