import type { Variant } from '../row-store.ts'

/** The environment variable through which all processes of a run, the command line included, learn of the variant. */
export const variantVariable = 'EC_LAB_VARIANT'

export const plainVariant: Variant = {
  names: { table: 'users', key: 'id', old: 'name', next: 'full_name' },
  sync: 'trigger',
  copyBack: true,
}

export function variantOfEnvironment(): Variant {
  const text = process.env[variantVariable]
  return text === undefined ? plainVariant : (JSON.parse(text) as Variant)
}
