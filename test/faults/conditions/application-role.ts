import { identifier } from '../../../src/sql/identifier.ts'
import { succeeded } from '../lab/prepare.ts'
import { applicationRole } from '../lab/server.ts'
import type { Site } from '../lab/site.ts'
import type { Condition } from './condition.ts'

/** The rights of a service: those on its own table, and for all else what `expand-contract roles` gives. */
export async function grantToApplication({ admin, commands, variant: { names } }: Site): Promise<void> {
  const table = identifier(names.table)
  await admin.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${applicationRole}`)
  await succeeded(commands.call('roles', '--application', applicationRole, '--apply'))
}

/** Processes connect as a role that owns nothing. */
export const ownRole: Condition = {
  name: 'application-role',
  does: 'processes are a role that owns nothing',
  begin: async ({ server, database }) => ({ url: server.url(database, applicationRole) }),
  prepare: grantToApplication,
}
