/** Columns as a sentence names them: `"a"`, `"a" and "b"`, `"a", "b" and "c"`. */
export function quotedList(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`)
  const last = quoted.pop() ?? ''
  return quoted.length === 0 ? last : `${quoted.join(', ')} and ${last}`
}

/** The form of a verb or a noun that goes with so many things. */
export function forCount(things: readonly unknown[], singular: string, plural: string): string {
  return things.length === 1 ? singular : plural
}

/** @see quotedList */
export function quotedColumns(columns: readonly { readonly name: string }[]): string {
  return quotedList(columns.map(({ name }) => name))
}
