/** A release as the registry remembers it. */
export interface SeenRelease {
  readonly name: string
  readonly release: string
  /** As "schema.name". */
  readonly tables: readonly string[]
  /** Change id → hash of its declaration. */
  readonly declarations: Readonly<Record<string, string>>
  readonly firstSeenAt: Date
  /** Why what is remembered of it cannot be read; it counts as not safe then. */
  readonly problem?: string
}

/** A change that has come so far that code which does not know it can run no more (`harmToUnaware`). */
export interface DemandingChange {
  readonly id: string
  readonly table: string
  readonly declarationHash: string
  /** Code that was first seen later may have deleted the declaration: the second pull request. */
  readonly droppedAt: Date | null
}

/** Which releases of one service may be deployed now, as a rollback for example. */
export interface SafeReleases<Release extends SeenRelease = SeenRelease> {
  readonly name: string
  /** Every release that was seen from this one on is safe; undefined where not even the last one is. */
  readonly oldest: Release | undefined
  readonly unsafe: readonly { readonly release: string; readonly because: readonly string[] }[]
}

/**
 * Tells for each service the oldest release that is safe to deploy: the one seen first such that it and everything younger
 * declares, as it is recorded, every change of its tables that is far enough. A release that is safe and older than one
 * that is not does not count: whoever rolls back step by step would meet the other.
 *
 * @param releases in the order in which they were first seen.
 */
export function safeReleases<Release extends SeenRelease>(
  releases: readonly Release[],
  changes: readonly DemandingChange[],
): readonly SafeReleases<Release>[] {
  return [...Map.groupBy(releases, ({ name }) => name)].map(([name, own]) => {
    const judged = own.map((release) => ({ release, because: reasonsAgainst(release, changes) }))
    const lastUnsafe = judged.findLastIndex(({ because }) => because.length > 0)
    return {
      name,
      oldest: own[lastUnsafe + 1],
      unsafe: judged
        .filter(({ because }) => because.length > 0)
        .map(({ release: { release }, because }) => ({ release, because })),
    }
  })
}

function reasonsAgainst(
  { tables, declarations, firstSeenAt, problem }: SeenRelease,
  changes: readonly DemandingChange[],
): readonly string[] {
  if (problem !== undefined) return [problem]
  return changes
    .filter(({ table }) => tables.includes(table))
    .flatMap(({ id, declarationHash, droppedAt }) => {
      const hash = declarations[id]
      if (hash === declarationHash) return []
      if (hash !== undefined) return [`declares "${id}" differently`]
      return droppedAt !== null && firstSeenAt >= droppedAt ? [] : [`does not know "${id}"`]
    })
}
