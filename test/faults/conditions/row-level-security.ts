import { identifier } from '../../../src/sql/identifier.ts'
import { applicationRole } from '../lab/server.ts'
import { hiddenFrom } from '../subjects/hidden-rows.ts'
import { grantToApplication } from './application-role.ts'
import type { Condition } from './condition.ts'

/**
 * Processes connect as a role that sees some of the rows only, and may do nothing but read and write them. The command
 * line has to see all of them: a backfill that skips rows would prove nothing.
 */
export const rowLevelSecurity: Condition = {
  name: 'row-level-security',
  does: 'processes see some of the rows only, by a policy',
  begin: async ({ server, database }) => ({ url: server.url(database, applicationRole) }),
  async prepare(site) {
    const { admin, variant } = site
    const [table, key] = [identifier(variant.names.table), identifier(variant.names.key)]
    await grantToApplication(site)
    await admin.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`)
    await admin.query(
      `CREATE POLICY visible ON ${table} TO ${applicationRole} USING (${key} < ${hiddenFrom}) WITH CHECK (${key} < ${hiddenFrom})`,
    )
  },
}
