import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, it } from 'vitest'
import { allPages, type Page, readPage, root } from '../../support/documents.ts'

interface Link {
  readonly page: string
  readonly target: string
}

const links: readonly Link[] = allPages().flatMap(({ path, text }) =>
  [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => ({ page: path, target: target! })),
)

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf({ text }: Page): readonly string[] {
  const withoutCode = text.replace(/^```.*?^```/gms, '')
  return [...withoutCode.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replace(/ /g, '-'),
  )
}

it.each(links.filter(({ target }) => !/^[a-z]+:/.test(target)))(
  '$page: $target leads somewhere',
  ({ page, target }) => {
    const [file, anchor] = target.split('#') as [string, string?]
    const path = file === '' ? page : normalize(join(dirname(page), file))
    expect(existsSync(join(root, path)), path).toBe(true)
    if (anchor !== undefined) expect(anchorsOf(readPage(path))).toContain(anchor)
  },
)

it('every page of docs/ is linked from another page', () => {
  const linked = links.map(({ page, target }) => normalize(join(dirname(page), target.split('#')[0]!)))
  for (const { path } of allPages().filter((page) => page.path.startsWith('docs/'))) expect(linked).toContain(path)
})
