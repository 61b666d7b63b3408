import { defineConfig } from 'drizzle-expand-contract'

/** The project before the change was declared. */
export default defineConfig({
  schema: './before.ts',
  migrations: process.env.EC_LAB_MIGRATIONS ?? './drizzle',
  url: process.env.DATABASE_URL,
  directUrl: process.env.EC_LAB_DIRECT_URL,
})
