import { type Variant, variantVariable } from '../row-store.ts'

export const plainVariant: Variant = {
  names: { table: 'users', key: 'id', old: 'name', next: 'full_name' },
  sync: 'trigger',
  copyBack: true,
}

export function variantOfEnvironment(): Variant {
  const text = process.env[variantVariable]
  return text === undefined ? plainVariant : (JSON.parse(text) as Variant)
}
