/**
 * The toolkit's own state, in the PostgreSQL schema "expand_contract". drizzle-kit generates `migrations/` from these
 * definitions; `expand-contract init` (and `migrate`) applies them.
 */

export { backfills } from './backfills.ts'
export { changes, type Drain } from './changes.ts'
export { migrationSteps } from './migration-steps.ts'
export { mismatches } from './mismatches.ts'
export { expandContract } from './namespace.ts'
export { processes } from './processes.ts'
export { quarantine } from './quarantine.ts'
export { releases } from './releases.ts'
export { transitions } from './transitions.ts'
export { unawareWriters } from './unaware-writers.ts'
