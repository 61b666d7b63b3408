import { columnTypes } from '../../catalog/columns.ts'
import { sidesOf } from '../../change/sides.ts'
import { loadSchema, openProject, type Project, withSession } from '../../config/project.ts'
import { requireControlTables } from '../../control/install.ts'
import { recordedChanges } from '../../control/recorded-changes.ts'
import type { Session } from '../../control/session.ts'
import { type PhysicalTable, physicalTablesOf } from '../../drizzle/physical-table.ts'
import { failure } from '../../errors/index.ts'
import { checkRelease, type Finding, type Recorded } from '../../toolkit/release-check.ts'
import { command } from '../command.ts'
import { exitCode } from '../exit-code.ts'
import { wrapped } from '../layout.ts'
import type { Output } from '../output.ts'

export default command({
  name: 'check',
  description: 'Tell whether a build of this checkout may run against the database now',
  hidden: true,
  args: {
    release: { type: 'boolean', description: 'Compare the declarations of this checkout with the database' },
  },
  async run({ args, output }) {
    if (!args.release) throw failure('EC_OPTION_INVALID', { option: 'check', problem: 'say what to check: --release.' })
    const project = await openProject(args)
    const tables = physicalTablesOf(await loadSchema(project), project.config.casing)
    return withSession(project, async (session) => {
      await requireControlTables(session)
      const recorded = await readRecorded(session, tables)
      const findings = checkRelease({ declared: declaredIn(project), tables }, recorded)
      const mayRun = findings.every(({ refuses }) => !refuses)
      for (const finding of findings) show(finding, output)
      output.line(mayRun ? `This build may run against ${session.address}.` : 'This build must not run here now.')
      output.result({ database: session.address, mayRun, findings })
      return mayRun ? exitCode.ok : exitCode.actionNeeded
    })
  },
})

function declaredIn({ changes, config }: Project) {
  return changes.map((change) => ({ change, sides: sidesOf(change, config.casing) }))
}

async function readRecorded({ db }: Session, tables: readonly PhysicalTable[]): Promise<Recorded> {
  const present = new Map<string, ReadonlySet<string>>()
  for (const table of tables) {
    const names = [...table.columns.values()].map((column) => column.name)
    present.set(`${table.schema}.${table.name}`, new Set((await columnTypes(db, table, names)).keys()))
  }
  return {
    ...(await recordedChanges(db)),
    hasColumn: ({ schema, name }, column) => present.get(`${schema}.${name}`)?.has(column) ?? false,
  }
}

function show({ change, refuses, problem, fix }: Finding, output: Output): void {
  const mark = refuses ? output.style('red', '✗') : output.style('yellow', '·')
  output.line(`${mark} ${wrapped(`"${change}" ${problem}.`, output.columns, 2)}`)
  output.line(`  ${output.style('dim', wrapped(fix, output.columns, 2))}`)
}
