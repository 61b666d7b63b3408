/**
 * Does work, then every ending, whatever happened before it. The first error is the one that is thrown: an ending that
 * fails because the work did must not hide why.
 */
export async function withEndings(
  work: () => Promise<unknown>,
  ...endings: readonly (() => Promise<unknown>)[]
): Promise<void> {
  const errors: unknown[] = []
  for (const act of [work, ...endings]) {
    try {
      await act()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw errors[0]
}
