import type { Place } from '../lab/operator.ts'
import type { Site } from '../lab/site.ts'
import { writingCrew } from './crews.ts'
import type { Scenario } from './scenario.ts'

/** How often the step into a place is taken back and taken again, in a row. */
export const timesInARow = 10

/** Requests of every process in each place, so that going back always meets writes of that place. */
const requestsBetween = 3

const places: readonly Place[] = ['dual-write', 'read-switch', 'read-new', 'new-only', 'armed', 'retired']

/** From each place back by one step and into it again, ten times in a row. */
async function play(site: Site): Promise<void> {
  const { operator, fleet, tally } = site
  await operator.migrate()
  for (const place of places) {
    await operator.goTo(place, 'next')
    for (let time = 0; time < timesInARow; time += 1) {
      await fleet.traffic(requestsBetween)
      await operator.leave(place)
      tally.add(`rolled back from ${place}`)
      await fleet.traffic(requestsBetween)
      await operator.goTo(place, 'next')
    }
  }
}

export const goingBack: Scenario = {
  name: 'going-back',
  why: 'rollback from each phase under load, ten times in a row, with copy-back',
  crew: writingCrew,
  play,
}

export const goingBackWithoutCopies: Scenario = {
  name: 'going-back-without-copies',
  why: 'rollback from each phase under load, ten times in a row, without copy-back: old is filled from new before it is read',
  variant: { copyBack: false },
  crew: writingCrew,
  play,
}
