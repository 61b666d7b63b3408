import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

/** A page of the documentation. */
export interface Page {
  /** Relative to the checkout: `docs/concepts.md`. */
  readonly path: string
  readonly text: string
}

/** A fenced block of a page. */
export interface Block {
  readonly page: string
  /** Line of the page on which its text begins, from 1. */
  readonly line: number
  readonly language: string
  readonly text: string
  /** The file that its first comment line names: `// src/schema.ts`. */
  readonly file: string | undefined
}

export function readPage(path: string): Page {
  return { path, text: readFileSync(join(root, path), 'utf8') }
}

/** README, the pages of docs/ and the READMEs of the examples. */
export function allPages(): readonly Page[] {
  const inFolder = (folder: string) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`)
  return [
    'README.md',
    ...inFolder('docs').filter((path) => path.endsWith('.md')),
    ...inFolder('examples').map((folder) => `${folder}/README.md`),
  ].map(readPage)
}

export function blocksOf({ path, text }: Page): readonly Block[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(({ 1: language, 2: body, index }) => ({
    page: path,
    line: text.slice(0, index).split('\n').length + 1,
    language: language!,
    text: body!,
    file: /^\/\/ (\S+\.ts)\n/.exec(body!)?.[1],
  }))
}

/** The part of a page between `<!-- name -->` and the next such comment, or the next heading. */
export function marked({ path, text }: Page, name: string): string {
  const part = text.split(`<!-- ${name} -->\n`)[1]
  if (part === undefined) throw new Error(`${path} has no part marked <!-- ${name} -->`)
  return part.split(/^(?:<!--|#)/m)[0]!
}

/** The cells of the first table in a text, without its head. */
export function tableRows(text: string): readonly (readonly string[])[] {
  const lines = text.split('\n')
  const head = lines.findIndex((line) => line.startsWith('|'))
  const end = lines.findIndex((line, index) => index > head && !line.startsWith('|'))
  return head < 0
    ? []
    : lines.slice(head + 2, end < 0 ? undefined : end).map((line) =>
        line
          .slice(1, line.lastIndexOf('|'))
          .split('|')
          .map((cell) => cell.trim()),
      )
}

/** What stands between backquotes in a text. */
export function quoted(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
}
