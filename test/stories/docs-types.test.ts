import { expect, it } from 'vitest'
import { allPages, type Block, blocksOf } from '../support/documents.ts'
import { makePackedProject } from '../support/packed-project.ts'

/** What a page may take as given, where it does not show the file itself. */
const given: Readonly<Record<string, string>> = {
  'schema.ts': `import { pgTable, serial, text } from 'drizzle-orm/pg-core'

export const users = pgTable('users', {
  id: serial('id').primaryKey(),
  email: text('email').notNull().unique(),
  name: text('name').notNull(),
  fullName: text('full_name').notNull(),
})
`,
  'changes.ts': `import { renameColumn } from 'drizzle-expand-contract'
import { users } from './schema.ts'

export const userFullName = renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName' })
`,
  'db.ts': `import { drizzle } from 'drizzle-orm/node-postgres'

export const db = drizzle(process.env.DATABASE_URL!)
`,
  'toolkit.ts': `import { createToolkit } from 'drizzle-expand-contract'
import * as changes from './changes.ts'
import { db } from './db.ts'
import * as schema from './schema.ts'

export const toolkit = createToolkit({ db, schema, changes })
export const users = toolkit.repository(schema.users)
`,
}

/** Stands before a block that neither names its file nor imports anything. */
const prelude = `import { toolkit, users } from './toolkit.ts'\n`

const blocks = allPages()
  .flatMap(blocksOf)
  .filter(({ language }) => language === 'ts')

/** Each page in a folder of its own: `docs/flags.md` in `pages/docs-flags`. */
function folderOf({ page }: Block): string {
  return `pages/${page.replace(/\.md$/, '').replaceAll('/', '-')}`
}

function nameOf({ file, line }: Block): string {
  return file ?? `line-${line}.ts`
}

function contentsOf({ file, text }: Block): string {
  return file === undefined && !/^import /m.test(text) ? prelude + text : text
}

const project = makePackedProject()
for (const folder of new Set(blocks.map(folderOf))) {
  for (const [name, text] of Object.entries(given)) {
    project.write(`${folder}/${name}`, text)
    project.write(`${folder}/src/${name}`, text)
  }
}
for (const block of blocks) project.write(`${folderOf(block)}/${nameOf(block)}`, contentsOf(block))

it.each(['typescript', 'typescript-5.9'] as const)(
  'every TypeScript block of the pages compiles with %s',
  (compiler) => {
    expect(blocks.length).toBeGreaterThan(20)
    expect(project.typeCheck(compiler)).toBe('')
  },
)

it('a mistake beside them would be seen', () => {
  project.write('pages/docs-errors/mistake.ts', `import { toolkit } from './toolkit.ts'\ntoolkit.repositories()\n`)
  expect(project.typeCheck('typescript')).toContain("Property 'repositories' does not exist")
})
