import { identifier } from '../../../src/sql/identifier.ts'
import { applicationRole } from '../lab/server.ts'
import type { Site } from '../lab/site.ts'

/** What a process needs that is not the owner of anything. */
export async function grantToApplication({ admin, variant: { names } }: Site): Promise<void> {
  for (const statement of [
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ${identifier(names.table)} TO ${applicationRole}`,
    `GRANT USAGE ON SCHEMA expand_contract TO ${applicationRole}`,
    `GRANT SELECT ON ALL TABLES IN SCHEMA expand_contract TO ${applicationRole}`,
    `GRANT INSERT, UPDATE, DELETE ON expand_contract.processes, expand_contract.releases TO ${applicationRole}`,
  ])
    await admin.query(statement)
}
