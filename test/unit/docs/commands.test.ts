import type { ArgsDef } from 'citty'
import { describe, expect, it } from 'vitest'
import { commonArgs } from '../../../src/cli/command.ts'
import { commands } from '../../../src/cli/commands/index.ts'
import { commandDefinition, optionTerms } from '../../support/command-lines.ts'
import { marked, quoted, readPage, tableRows } from '../../support/documents.ts'

const page = readPage('docs/commands.md')

/** The sections whose heading is a command: `next [change]`. */
const sections = new Map(
  page.text
    .split(/^## /m)
    .filter((section) => section.startsWith('`'))
    .map((section) => [quoted(section)[0]!, section]),
)

function usageOf(name: string, args: ArgsDef): string {
  const positionals = Object.entries(args).filter(([, { type }]) => type === 'positional')
  return [name, ...positionals.map(([argument, { required }]) => (required ? `<${argument}>` : `[${argument}]`))].join(
    ' ',
  )
}

function documentedOptions(text: string): readonly string[] {
  return tableRows(text)
    .map(([option]) => quoted(option!)[0])
    .filter((option) => option?.startsWith('-'))
    .map((option) => option!)
}

describe('docs/commands.md', () => {
  it('has a section for every command, and for no other', async () => {
    const usages = await Promise.all(
      Object.keys(commands).map(async (name) => usageOf(name, (await commandDefinition(name)).args)),
    )
    expect([...sections.keys()]).toEqual(usages)
  })

  it('has the options of every command', () => {
    expect(documentedOptions(marked(page, 'options: every command'))).toEqual(optionTerms(commonArgs))
  })

  it.each(Object.keys(commands))('%s: has its options, and no other', async (name) => {
    const { args } = await commandDefinition(name)
    const own = Object.fromEntries(Object.entries(args).filter(([option]) => !Object.hasOwn(commonArgs, option)))
    expect([...documentedOptions(sections.get(usageOf(name, args))!)].sort()).toEqual([...optionTerms(own)].sort())
  })
})
