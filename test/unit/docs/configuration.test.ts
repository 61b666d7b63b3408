import type { renameColumn, ToolkitOptions } from 'drizzle-expand-contract'
import { describe, expect, it } from 'vitest'
import { configSchema } from '../../../src/config/config.ts'
import { marked, quoted, readPage, tableRows } from '../../support/documents.ts'

const page = readPage('docs/configuration.md')

/** The entries of a table of the page, with what it says of their default. */
function documented(part: string): ReadonlyMap<string, string> {
  return new Map(tableRows(marked(page, part)).map(([entry, fallback]) => [quoted(entry!)[0]!, fallback!]))
}

describe('docs/configuration.md', () => {
  const entries = documented('config')
  const names = Object.keys(configSchema.shape)
  const filledIn = configSchema.parse({ schema: './schema.ts' }) as Record<string, unknown>

  it('has every entry of expand-contract.config.ts, and no other', () => {
    expect([...entries.keys()]).toEqual(names)
  })

  it.each(names)('%s: the default is the one that is filled in', (name) => {
    const shape = configSchema.shape as Record<string, { safeParse(value: unknown): { success: boolean } }>
    const isRequired = !shape[name]!.safeParse(undefined).success
    expect(entries.get(name) === 'required').toBe(isRequired)
    if (!isRequired && filledIn[name] !== undefined) {
      const value = filledIn[name]
      expect(entries.get(name)).toBe(`\`${typeof value === 'string' ? `'${value}'` : String(value)}\``)
    }
  })

  it('has every option of a change, and no other', () => {
    // The compiler sees to it that this list is complete.
    const options: Readonly<Record<keyof Parameters<typeof renameColumn>[0], true>> = {
      id: true,
      table: true,
      from: true,
      to: true,
      flag: true,
      stickiness: true,
      soak: true,
      sync: true,
      copyBack: true,
    }
    expect([...documented('change').keys()]).toEqual(Object.keys(options))
  })

  it('has every option of createToolkit, and no other', () => {
    const options: Readonly<Record<keyof ToolkitOptions<unknown, unknown, unknown>, true>> = {
      db: true,
      schema: true,
      changes: true,
      flags: true,
      process: true,
      control: true,
      pollMs: true,
      leaseMs: true,
      listen: true,
      log: true,
    }
    expect([...documented('toolkit').keys()]).toEqual(Object.keys(options))
  })
})
