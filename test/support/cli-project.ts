import { spawn } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { makeTemporary } from './temporary.ts'

const root = resolve(import.meta.dirname, '../..')
export const publicBarrel = join(root, 'dist/src/index.js')
const main = join(root, 'dist/src/cli/main.js')

/** What a command left behind. */
export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** The document of `--json`. */
  readonly json: Record<string, unknown> & { readonly error?: { code: string; message: string; fix: string } }
}

/** A user's project in a folder of its own, with the command line as it is built. */
export interface CliProject {
  readonly folder: string
  write(path: string, text: string): void
  run(...args: readonly string[]): Promise<CommandResult>
}

const defaults = {
  'schema.ts': `import { pgTable, serial, text } from 'drizzle-orm/pg-core'
export const users = pgTable('users', { id: serial('id').primaryKey(), name: text('name').notNull(), fullName: text('full_name').notNull() })
`,
  'changes.ts': `import { renameColumn } from '${publicBarrel}'
import { users } from './schema.ts'
export const userFullName = renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName', soak: '0' })
`,
}

/** A file that default-exports this configuration. */
export function configFile(config: Record<string, unknown>): string {
  return `export default ${JSON.stringify(config)}\n`
}

export function makeCliProject(url: string): CliProject {
  const folder = makeTemporary()
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const project: CliProject = {
    folder,
    write(path, text) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    },
    run: (...args) =>
      new Promise((done) => {
        const child = spawn(process.execPath, [main, ...args], {
          cwd: folder,
          env: { ...process.env, NO_COLOR: '1' },
          stdio: ['ignore', 'pipe', 'pipe'],
        })
        let stdout = ''
        let stderr = ''
        child.stdout.on('data', (chunk) => (stdout += chunk))
        child.stderr.on('data', (chunk) => (stderr += chunk))
        child.on('close', (code) =>
          done({ code, stdout, stderr, json: args.includes('--json') ? JSON.parse(stdout) : {} }),
        )
      }),
  }
  for (const [path, text] of Object.entries(defaults)) project.write(path, text)
  project.write('expand-contract.config.ts', configFile({ schema: './schema.ts', changes: './changes.ts', url }))
  return project
}
