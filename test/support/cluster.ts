import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { openScratchServer } from '../../src/scratch/index.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the run's PostgreSQL server, as a user that may create databases and roles. */
    readonly serverUrl: string
  }
}

/** Where the processes that tests start find what an earlier one has compiled: a fifth less for each of several hundred. */
const compileCache = fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url))

/** Gives the test files of a run one PostgreSQL server: that of `DATABASE_URL`, or one of our own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  process.env.NODE_COMPILE_CACHE ??= compileCache
  // So that tests of publications and replication slots, and of prepared transactions, have what they need.
  const server = await openScratchServer({ settings: { wal_level: 'logical', max_prepared_transactions: '16' } })
  project.provide('serverUrl', server.url)
  return () => server.stop()
}
