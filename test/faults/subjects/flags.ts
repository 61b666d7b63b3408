import { databaseFlags, type FlagPort } from 'drizzle-expand-contract'
import { unleashFlags } from 'drizzle-expand-contract/unleash'
import type { FlagSource } from './row-store.ts'

export function flagsOf(source: FlagSource): FlagPort {
  if (source.kind === 'database') return databaseFlags()
  return unleashFlags({ url: source.url, appName: 'lab', refreshInterval: 250, disableMetrics: true })
}
