import type { ChangeRow } from '../control/change-row.ts'
import type { Database } from '../drizzle/database.ts'
import { harmToUnaware } from '../phase/awareness.ts'
import { readReleases } from '../registry/releases.ts'
import { type SafeReleases, safeReleases } from '../registry/safe-releases.ts'
import { wrapped } from './layout.ts'
import type { Output } from './output.ts'

/** Which releases of each service that has been seen here may be deployed now. */
export async function readSafeReleases(db: Database, rows: readonly ChangeRow[]): Promise<readonly SafeReleases[]> {
  const demanding = rows
    .filter((row) => harmToUnaware(row) !== undefined)
    .map(({ id, declaration, declarationHash, droppedAt }) => ({
      id,
      table: `${declaration.schema}.${declaration.table}`,
      declarationHash,
      droppedAt,
    }))
  return safeReleases(await readReleases(db), demanding)
}

/** A line for each service of which some release is not safe any more. */
export function showSafeReleases(services: readonly SafeReleases[], output: Output): void {
  const limited = services.filter(({ unsafe }) => unsafe.length > 0)
  if (limited.length > 0) output.line()
  for (const { name, oldest, unsafe } of limited) {
    const { release, because } = unsafe.at(-1)!
    const reason = `${release} ${because.join(', ')}`
    output.line(
      oldest === undefined
        ? output.style(
            'yellow',
            wrapped(`${name}: no release that was seen here is safe (${reason}).`, output.columns, 2),
          )
        : wrapped(
            `${name}: the oldest release that is safe to deploy is ${oldest.release} (${reason}).`,
            output.columns,
            2,
          ),
    )
  }
}

export function safeReleasesJson(services: readonly SafeReleases[]) {
  return services.map(({ name, oldest, unsafe }) => ({
    name,
    oldestSafe: oldest === undefined ? null : { release: oldest.release, firstSeenAt: oldest.firstSeenAt },
    unsafe,
  }))
}
