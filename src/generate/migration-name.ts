import type { Snapshot } from '../drizzle/snapshot.ts'

/** A name that says which tables a migration is about: `create_users`, `alter_users_posts`. */
export function migrationName(from: Snapshot, to: Snapshot): string {
  const created = Object.keys(to.tables).filter((key) => from.tables[key] === undefined)
  const dropped = Object.keys(from.tables).filter((key) => to.tables[key] === undefined)
  const altered = Object.keys(to.tables).filter(
    (key) => from.tables[key] !== undefined && JSON.stringify(from.tables[key]) !== JSON.stringify(to.tables[key]),
  )
  const named = (verb: string, keys: readonly string[]) => `${verb}_${keys.map(tableName).join('_')}`
  if (created.length > 0) return bounded(named('create', created))
  if (altered.length > 0) return bounded(named('alter', altered))
  if (dropped.length > 0) return bounded(named('drop', dropped))
  return 'schema'
}

function tableName(key: string): string {
  return key.replace(/^public\./, '').replaceAll(/[^A-Za-z0-9]+/g, '_')
}

function bounded(name: string): string {
  return name.slice(0, 50).replace(/_+$/, '')
}
