import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const source = join(root, 'src')

/** The folders of src/ from top to bottom, as docs/architecture.md lists them. */
const layers = [
  ...readFileSync(join(root, 'docs/architecture.md'), 'utf8')
    .split('<!-- layers: top to bottom -->')[1]!
    .split('<!-- /layers -->')[0]!
    .matchAll(/^\| `([a-z]+)\/`\s*\|/gm),
].map(([, folder]) => folder!)

interface Import {
  readonly file: string
  readonly from: string
  readonly to: string
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']*)'/g)].map(([, path]) => ({
    file: relative(root, file),
    from: relative(source, file).split('/')[0]!,
    to: relative(source, resolve(file, '..', path!)),
  }))
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
const imports = files.flatMap((name) => importsOf(join(source, name)))

describe('the folders of src/', () => {
  it('are all named in docs/architecture.md, and exist', () => {
    const folders = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(folders.map(({ name }) => name).sort()).toEqual([...layers].sort())
  })

  it('import from folders below them only', () => {
    const upward = imports
      .filter(({ from, to }) => layers.includes(from) && !to.startsWith('..'))
      .filter(({ from, to }) => layers.indexOf(to.split('/')[0]!) < layers.indexOf(from))
      .map(({ file, to }) => `${file} imports ${to}`)
    expect(upward).toEqual([])
  })

  it('reach the control tables from the folders that may', () => {
    const sentence = /may be imported from (.*?)\./s.exec(readFileSync(join(root, 'docs/architecture.md'), 'utf8'))![1]!
    const allowed = new Set([...sentence.matchAll(/`([a-z]+)\/`/g)].map(([, folder]) => folder))
    const others = imports
      .filter(({ to }) => to.startsWith('../schema/'))
      .filter(({ from }) => !allowed.has(from))
      .map(({ file }) => file)
    expect(others).toEqual([])
  })

  it('were really read', () => {
    expect(layers.length).toBeGreaterThan(10)
    expect(imports.length).toBeGreaterThan(100)
  })
})
