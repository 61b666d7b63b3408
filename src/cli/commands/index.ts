import type { SubCommandsDef } from 'citty'

const load = (imported: Promise<{ default: unknown }>) => imported.then((module) => module.default as never)

/** The commands, in the order of help. Each is loaded when it is called, so that none pays for another. */
export const commands: SubCommandsDef = {
  init: () => load(import('./init.ts')),
  generate: () => load(import('./generate.ts')),
  migrate: () => load(import('./migrate.ts')),
  next: () => load(import('./next.ts')),
  back: () => load(import('./back.ts')),
  status: () => load(import('./status.ts')),
  contract: () => load(import('./contract.ts')),
  backfill: () => load(import('./backfill.ts')),
  verify: () => load(import('./verify.ts')),
  reads: () => load(import('./reads.ts')),
  check: () => load(import('./check.ts')),
  history: () => load(import('./history.ts')),
  roles: () => load(import('./roles.ts')),
}
