import { defineConfig } from 'drizzle-expand-contract'

export default defineConfig({ schema: './schema.ts', migrations: './drizzle', url: process.env.DATABASE_URL })
