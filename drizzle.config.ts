import { defineConfig } from 'drizzle-kit'

/** The toolkit's own control tables; a project that uses the toolkit has a configuration of its own. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './schema/index.ts',
  out: './migrations',
  schemaFilter: ['expand_contract'],
})
