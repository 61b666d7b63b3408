import { identifier, type QualifiedName, qualified } from '../sql/identifier.ts'

/** Takes columns from a table in one statement. ACCESS EXCLUSIVE. */
export function dropColumns(table: QualifiedName, names: readonly string[]): string {
  return `ALTER TABLE ${qualified(table)} ${names.map((name) => `DROP COLUMN ${identifier(name)}`).join(', ')}`
}
