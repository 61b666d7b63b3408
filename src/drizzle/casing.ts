import type { Casing } from './physical-table.ts'

/**
 * The `casing` option of a Drizzle database. Drizzle 0.45 keeps it in the dialect and applies it to names while it
 * builds a query; Drizzle 1.0 has none, since its tables carry their final names.
 */
export function casingOf(database: unknown): Casing | undefined {
  const convert = (database as { dialect?: { casing?: { convert?: (name: string) => string } } }).dialect?.casing
    ?.convert
  if (convert === undefined) return undefined
  if (convert('aB') === 'a_b') return 'snake_case'
  return convert('a_b') === 'aB' ? 'camelCase' : undefined
}
