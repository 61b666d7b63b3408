// Writes the four step files of an example anew, after the generator's SQL has changed. Run after `npm run build`:
//   node scripts/regenerate-example.ts examples/01-rename-column
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

interface Journal {
  entries: { idx: number; tag: string; when: number }[]
}

const example = resolve(process.argv[2] ?? 'examples/01-rename-column')
const folder = join(example, 'drizzle')
const journalFile = join(folder, 'meta', '_journal.json')
const journal = JSON.parse(readFileSync(journalFile, 'utf8')) as Journal
const isStep = ({ tag }: { tag: string }) => /_(expand|handover|retire|drop)$/.test(tag)

for (const { idx, tag } of journal.entries.filter(isStep)) {
  rmSync(join(folder, `${tag}.sql`))
  rmSync(join(folder, 'meta', `${String(idx).padStart(4, '0')}_snapshot.json`))
}
journal.entries = journal.entries.filter((entry) => !isStep(entry))
writeFileSync(journalFile, JSON.stringify(journal, null, 2))
const commandLine = resolve(import.meta.dirname, '../dist/src/cli/main.js')
// Nothing is asked of a database; the configuration only wants an address.
const env = { ...process.env, DATABASE_URL: 'postgres://127.0.0.1/none' }
execFileSync(process.execPath, [commandLine, 'generate'], { cwd: example, stdio: 'inherit', env })
