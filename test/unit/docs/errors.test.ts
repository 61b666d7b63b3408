import { expect, it } from 'vitest'
import { exitCodeOf } from '../../../src/cli/exit-code.ts'
import { catalogue, type ErrorCode } from '../../../src/errors/catalogue.ts'
import { readPage } from '../../support/documents.ts'

const sections = new Map(
  readPage('docs/errors.md')
    .text.split(/^#+ /m)
    .filter((section) => section.startsWith('EC_'))
    .map((section) => [section.slice(0, section.indexOf('\n')), section.replace(/\s+/g, ' ')]),
)

it('docs/errors.md has a section for every code of the catalogue, and for no other', () => {
  expect([...sections.keys()].sort()).toEqual(Object.keys(catalogue).sort())
})

it.each(Object.keys(catalogue) as ErrorCode[])('%s: the page names its exit code and the way out', (code) => {
  const section = sections.get(code)
  expect(section).toContain(`Exit code ${exitCodeOf(catalogue[code].outcome)}.`)
  expect(section).toMatch(/\*\*Way out:\*\* \S+/)
})
