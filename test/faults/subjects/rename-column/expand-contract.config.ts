import { defineConfig } from 'drizzle-expand-contract'

export default defineConfig({
  schema: './schema.ts',
  changes: './changes.ts',
  migrations: process.env.EC_LAB_MIGRATIONS ?? './drizzle',
  url: process.env.DATABASE_URL,
  directUrl: process.env.EC_LAB_DIRECT_URL,
})
