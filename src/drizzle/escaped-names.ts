import type { Snapshot } from './snapshot.ts'

/** Fields of a snapshot that hold a name, or a list of names, which drizzle-kit puts between quotes as they are. */
const nameFields = new Set([
  'name',
  'schema',
  'typeSchema',
  'type',
  'tableFrom',
  'tableTo',
  'schemaTo',
  'columns',
  'columnsFrom',
  'columnsTo',
])

/**
 * A snapshot whose names have their double quotes doubled. drizzle-kit (0.31) writes `"name"` without a look at what the
 * name holds, so this makes its SQL right for names with quotes; other snapshots come back as they are.
 */
export function withEscapedNames(snapshot: Snapshot): Snapshot {
  return JSON.stringify(snapshot).includes('\\"') ? (escaped(snapshot) as Snapshot) : snapshot
}

function escaped(value: unknown, field = ''): unknown {
  if (typeof value === 'string') return nameFields.has(field) ? doubled(value) : value
  if (Array.isArray(value)) return value.map((entry) => escaped(entry, field))
  if (typeof value !== 'object' || value === null) return value
  const isColumnOfIndex = 'isExpression' in value && !value.isExpression
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      doubled(key),
      isColumnOfIndex && key === 'expression'
        ? doubled(String(entry))
        : escaped(entry, field === 'schemas' ? 'name' : key),
    ]),
  )
}

function doubled(name: string): string {
  return name.replaceAll('"', '""')
}
