import { describe, expect, it } from 'vitest'
import { type DemandingChange, type SeenRelease, safeReleases } from '../../../src/registry/safe-releases.ts'

const day = (number: number) => new Date(Date.UTC(2026, 0, number))

/** A release of a day: what it declares of the changes of `public.users`. */
function release(name: string, number: number, declares: Readonly<Record<string, string>>): SeenRelease {
  return { name, release: `r${number}`, tables: ['public.users'], declarations: declares, firstSeenAt: day(number) }
}

const change: DemandingChange = {
  id: 'user-full-name',
  table: 'public.users',
  declarationHash: 'recorded',
  droppedAt: null,
}
const aware = { 'user-full-name': 'recorded' }

function oldestSafe(releases: readonly SeenRelease[], changes: readonly DemandingChange[]): (string | undefined)[] {
  return safeReleases(releases, changes).map(({ oldest }) => oldest?.release)
}

describe('the oldest release that is safe to deploy', () => {
  it('is the first one that was seen, while no change is far enough', () => {
    expect(oldestSafe([release('billing', 1, {}), release('billing', 2, aware)], [])).toEqual(['r1'])
  })

  it('is the first that declares a change which is far enough', () => {
    const releases = [release('billing', 1, {}), release('billing', 2, aware), release('billing', 3, aware)]
    expect(oldestSafe(releases, [change])).toEqual(['r2'])
    expect(safeReleases(releases, [change])[0]!.unsafe).toEqual([
      { release: 'r1', because: ['does not know "user-full-name"'] },
    ])
  })

  it('has no younger one that is not safe: a hotfix from an old branch begins it anew', () => {
    const releases = [release('billing', 1, aware), release('billing', 2, {}), release('billing', 3, aware)]
    expect(oldestSafe(releases, [change])).toEqual(['r3'])
  })

  it('is none where the youngest is not safe', () => {
    expect(oldestSafe([release('billing', 1, aware), release('billing', 2, {})], [change])).toEqual([undefined])
  })

  it('is not one that declares the change differently', () => {
    const releases = [release('billing', 1, { 'user-full-name': 'other' }), release('billing', 2, aware)]
    expect(oldestSafe(releases, [change])).toEqual(['r2'])
    expect(safeReleases(releases, [change])[0]!.unsafe[0]!.because).toEqual(['declares "user-full-name" differently'])
  })

  it('knows all changes that are far enough, not some of them', () => {
    const other = { ...change, id: 'user-email' }
    const releases = [release('billing', 1, aware), release('billing', 2, { ...aware, 'user-email': 'recorded' })]
    expect(oldestSafe(releases, [change, other])).toEqual(['r2'])
  })

  it('may have deleted the declaration where it was first seen after the drop, and only there', () => {
    const dropped = { ...change, droppedAt: day(5) }
    const releases = [release('billing', 1, {}), release('billing', 2, aware), release('billing', 6, {})]
    expect(oldestSafe(releases, [dropped])).toEqual(['r2'])
    expect(oldestSafe([release('billing', 4, {}), release('billing', 6, {})], [dropped])).toEqual(['r6'])
  })

  it('is told for each service, of its own tables', () => {
    const mail: SeenRelease = { ...release('mail', 2, {}), tables: ['public.letters'] }
    const releases = [release('billing', 1, {}), mail, release('billing', 3, aware)]
    expect(oldestSafe(releases, [change])).toEqual(['r3', 'r2'])
  })

  it('is not one of which nothing can be read', () => {
    const releases = [{ ...release('billing', 1, aware), problem: 'has a row that cannot be read' }]
    expect(oldestSafe(releases, [])).toEqual([undefined])
  })
})
