import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandLines, complaints, ownArguments } from '../../support/command-lines.ts'
import { allPages, blocksOf, root } from '../../support/documents.ts'

const lines = allPages()
  .flatMap(blocksOf)
  .filter(({ language }) => language === 'sh')
  .flatMap((block) => commandLines(block).map((line) => ({ page: block.page, line })))

const own = lines.filter(({ line }) => ownArguments(line) !== undefined)
const others = lines.filter(({ line }) => ownArguments(line) === undefined)

describe('the shell commands of the pages', () => {
  // Those of README, docs/ and the examples are run by test/stories/docs*.test.ts as well.
  it.each(own)('$page: `$line` is one that the command line takes', async ({ line }) => {
    expect(await complaints(ownArguments(line)!)).toEqual([])
  })

  it.each([['next --dry-rum'], ['nex'], ['next a b'], ['reads']])('`%s` would be found', async (line) => {
    expect(await complaints(line.split(' '))).not.toEqual([])
  })

  const { scripts, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Readonly<Record<string, string>>
    peerDependencies: Readonly<Record<string, string>>
  }

  /** Only parsed: the scripts are run by `.ci/run` and by the tests of the demo, and an install needs the network. */
  it.each(others)('$page: `$line` names what there is', ({ line }) => {
    for (const command of line.split(' && ')) {
      const words = command
        .replace(/^([A-Z_]+=\S+ )+/, '')
        .replace(' --silent', '')
        .split(' ')
      const [npm, verb, name] = words
      expect(npm).toBe('npm')
      if (verb === 'run') expect(Object.keys(scripts)).toContain(name)
      else if (verb === 'install') {
        const packages = words.slice(2).filter((word) => !word.startsWith('-'))
        const known = ['drizzle-expand-contract', ...Object.keys(peerDependencies)]
        for (const word of packages) expect(known).toContain(word.replace(/(?<=.)@.*/, ''))
      } else expect(['ci', 'test', 'pkg']).toContain(verb)
    }
  })
})
