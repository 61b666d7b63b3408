import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import * as changes from '../../examples/01-rename-column/changes.ts'
import * as schema from '../../examples/01-rename-column/schema.ts'
import { collectChanges } from '../../src/change/collect.ts'
import { generateMigrations } from '../../src/generate/index.ts'
import { makeTemporary } from '../support/temporary.ts'

const example = resolve(import.meta.dirname, '../../examples/01-rename-column/drizzle')
const isStep = ({ tag }: { tag: string }) => /_(expand|handover|retire|drop)$/.test(tag)

it('the step files of the example are what generate writes today (else: node scripts/regenerate-example.ts)', async () => {
  const folder = join(makeTemporary(), 'drizzle')
  cpSync(example, folder, { recursive: true })
  const journalFile = join(folder, 'meta/_journal.json')
  const journal = JSON.parse(readFileSync(journalFile, 'utf8'))
  const committed = journal.entries.filter(isStep)
  for (const { idx, tag } of committed) {
    rmSync(join(folder, `${tag}.sql`))
    rmSync(join(folder, `meta/${String(idx).padStart(4, '0')}_snapshot.json`))
  }
  journal.entries = journal.entries.filter((entry: { tag: string }) => !isStep(entry))
  writeFileSync(journalFile, JSON.stringify(journal))
  const { files } = await generateMigrations({ folder, schema, changes: collectChanges(changes) })
  expect(files.map(({ tag }) => tag)).toEqual(committed.map(({ tag }: { tag: string }) => tag))
  for (const { tag, text } of files) expect(text).toBe(readFileSync(join(example, `${tag}.sql`), 'utf8'))
})

it('generate has nothing to do in the example', async () => {
  const { files } = await generateMigrations({
    folder: example,
    schema,
    changes: collectChanges(changes),
    dryRun: true,
  })
  expect(files).toEqual([])
})
