import { defineConfig } from 'drizzle-expand-contract'

export default defineConfig({
  schema: './schema.ts',
  changes: './changes.ts',
  migrations: './drizzle',
  url: process.env.DATABASE_URL,
})
