import type { AnyChange } from '../../change/change.ts'
import { sidesOf } from '../../change/sides.ts'
import { openProject, type Project, withControl } from '../../config/project.ts'
import { type ChangedTable, type RoleSection, type RolesInput, rolesSql } from '../../control/roles.ts'
import type { Session } from '../../control/session.ts'
import { failure } from '../../errors/index.ts'
import { qualified } from '../../sql/identifier.ts'
import { command } from '../command.ts'
import { exitCode } from '../exit-code.ts'

export default command({
  name: 'roles',
  description: 'Print the SQL that gives roles the rights they need, and no more',
  hidden: true,
  args: {
    owner: { type: 'string', description: 'Role that runs every command', valueHint: 'role' },
    backfill: { type: 'string', description: 'Role that runs backfill and verify', valueHint: 'role' },
    application: { type: 'string', description: 'Role of the service', valueHint: 'role' },
    create: { type: 'boolean', description: 'Create the roles that do not exist, without a right to log in' },
    apply: { type: 'boolean', description: 'Run the SQL, in one transaction' },
  },
  async run({ args, output }) {
    const project = await openProject(args)
    const { owner, backfill, application } = args
    const roles = Object.fromEntries(
      Object.entries({ owner, backfill, application }).filter(([, role]) => role !== undefined),
    ) as RolesInput['roles']
    if (Object.keys(roles).length === 0) {
      throw failure('EC_OPTION_INVALID', { option: 'roles', problem: 'name one: --owner, --backfill, --application.' })
    }
    const { migrationsSchema } = project.config
    const sections = rolesSql({
      roles,
      tables: changedTables(project),
      journalSchema: migrationsSchema,
      create: Boolean(args.create),
    })
    for (const section of sections) output.line(asText(section))
    if (args.apply) await withControl(project, (session) => apply(session, sections))
    if (args.apply) output.line(`-- Applied.`)
    output.result({ sql: sections, applied: Boolean(args.apply) })
    return exitCode.ok
  },
})

/** Text that `psql` takes. */
function asText({ part, purpose, statements }: RoleSection): string {
  return [`-- ${part}: ${purpose}`, ...statements.map((statement) => `${statement};`), ''].join('\n')
}

function changedTables({ changes, config }: Project): readonly ChangedTable[] {
  const tables = new Map<string, ChangedTable>()
  for (const { table, old, next } of changes.map((change: AnyChange) => sidesOf(change, config.casing))) {
    const columns = [...(tables.get(qualified(table))?.columns ?? []), ...[...old, ...next].map(({ name }) => name)]
    tables.set(qualified(table), { schema: table.schema, name: table.name, columns: [...new Set(columns)] })
  }
  return [...tables.values()]
}

async function apply({ client }: Session, sections: readonly RoleSection[]): Promise<void> {
  await client.query('BEGIN')
  try {
    for (const { statements } of sections) for (const statement of statements) await client.query(statement)
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined) // a connection that broke has nothing to roll back
    throw error
  }
}
