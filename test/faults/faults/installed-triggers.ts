import type { ClientBase } from 'pg'
import { identifier } from '../../../src/sql/identifier.ts'
import type { Variant } from '../subjects/row-store.ts'

/** A trigger of the toolkit as the catalog has it. */
export interface InstalledTrigger {
  readonly name: string
  readonly definition: string
  /** What `ALTER TABLE … TRIGGER` calls the way in which it is enabled. */
  readonly enabled: 'ENABLE' | 'ENABLE ALWAYS' | 'ENABLE REPLICA' | 'DISABLE'
}

export async function installedTriggers(client: ClientBase, { names }: Variant): Promise<readonly InstalledTrigger[]> {
  const { rows } = await client.query<InstalledTrigger>(
    `SELECT tgname AS name, pg_get_triggerdef(oid) AS definition,
            CASE tgenabled WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'D' THEN 'DISABLE' ELSE 'ENABLE' END AS enabled
       FROM pg_trigger
      WHERE tgrelid = $1::regclass AND NOT tgisinternal AND tgname LIKE '~ec%' ORDER BY tgname`,
    [identifier(names.table)],
  )
  return rows
}

export async function setEnabled(
  client: ClientBase,
  { names }: Variant,
  { name, enabled }: Pick<InstalledTrigger, 'name' | 'enabled'>,
): Promise<void> {
  await client.query(`ALTER TABLE ${identifier(names.table)} ${enabled} TRIGGER ${identifier(name)}`)
}
