import { stripVTControlCharacters } from 'node:util'

/** Lines for people that fit a width. Where nothing limits it (a pipe), `columns` is infinite and nothing is broken. */

/** Parts beside each other, in as many lines as they need; a part is never broken. */
export function beside(parts: readonly string[], columns: number): string {
  const lines: string[] = []
  for (const part of parts) {
    const longer = lines.length === 0 ? part : `${lines.at(-1)}${gap}${part}`
    if (lines.length === 0 || visibleWidth(longer) > columns) lines.push(part)
    else lines[lines.length - 1] = longer
  }
  return lines.join('\n')
}

const gap = '   '

/** Text broken between words; lines after the first begin under its first letter, which stands `indent` columns in. */
export function wrapped(text: string, columns: number, indent: number): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`
    if (lines.length === 0 || indent + visibleWidth(longer) > columns) lines.push(word)
    else lines[lines.length - 1] = longer
  }
  return lines.join(`\n${' '.repeat(indent)}`)
}

function visibleWidth(text: string): number {
  return stripVTControlCharacters(text).length
}
