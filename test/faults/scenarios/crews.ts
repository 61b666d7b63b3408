import type { Post } from '../lab/fleet.ts'

/** Two processes of the new release, and two writers that know nothing of the change. */
export const mixedCrew: readonly Post[] = [
  { name: 'service-1', kind: 'aware' },
  { name: 'service-2', kind: 'aware' },
  { name: 'script-1', kind: 'unaware' },
  { name: 'script-2', kind: 'unaware' },
]

export const writersBySql: readonly Post[] = mixedCrew.filter(({ kind }) => kind === 'unaware')

/** The mixed crew with writers by SQL that do not look at the old column: without copy-back nobody may read it for a while. */
export const writingCrew: readonly Post[] = mixedCrew.map((post) =>
  post.kind === 'unaware' ? { ...post, reads: false, requestsPerSecond: 60 } : { ...post, requestsPerSecond: 60 },
)
