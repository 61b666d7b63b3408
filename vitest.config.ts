import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Tests import the package by its name, as its users do. */
const ownPackage = [
  { find: /^drizzle-expand-contract$/, replacement: here('./src/index.ts') },
  { find: /^drizzle-expand-contract\/unleash$/, replacement: here('./src/flags/unleash.ts') },
  { find: /^drizzle-expand-contract\/testing$/, replacement: here('./src/testing/index.ts') },
]

/** Drizzle 1.0 in place of 0.45, sub-paths such as `drizzle-orm/pg-core` included. */
const drizzleReleaseCandidate = [{ find: /^drizzle-orm(?=$|\/)/, replacement: 'drizzle-orm-rc' }]

/** One PostgreSQL server per run, a database per test file (`test/support/database.ts`). */
const withDatabase = { globalSetup: here('./test/support/cluster.ts'), testTimeout: 60_000, hookTimeout: 60_000 }

export default defineConfig({
  resolve: { alias: ownPackage },
  test: {
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      { extends: true, test: { name: 'integration', include: ['test/integration/**/*.test.ts'], ...withDatabase } },
      {
        extends: true,
        resolve: { alias: drizzleReleaseCandidate },
        test: { name: 'rc', include: ['test/integration/repository/**/*.test.ts'], ...withDatabase },
      },
      {
        extends: true,
        test: { name: 'stories', include: ['test/stories/**/*.test.ts'], ...withDatabase, testTimeout: 120_000 },
      },
      {
        extends: true,
        test: { name: 'model', include: ['test/model/**/*.test.ts'], testTimeout: 120_000 },
      },
      {
        extends: true,
        test: { name: 'faults', include: ['test/faults/**/*.test.ts'], fileParallelism: false, testTimeout: 600_000 },
      },
      {
        extends: true,
        test: { name: 'mutants', include: ['test/mutants/**/*.test.ts'], ...withDatabase, testTimeout: 300_000 },
      },
    ],
  },
})
