import type { Group } from './harness/group.ts'

type Load = () => Promise<{ readonly default: Group }>

/** The groups of the benchmark, in the order in which all of them run, and the file of each. */
export const groups: Readonly<Record<string, Load>> = {
  backfill: () => import('./groups/backfill.ts'),
  verify: () => import('./groups/verify.ts'),
  repository: () => import('./groups/repository.ts'),
  registry: () => import('./groups/registry.ts'),
  flags: () => import('./groups/flags.ts'),
  sync: () => import('./groups/sync.ts'),
}
