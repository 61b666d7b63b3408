import type { Fault } from './fault.ts'

const unitsOfEach = 4

/** Units of work that have read by one phase, and write when the change may be in another one. */
export const slowUnits: Fault = {
  name: 'slow-units',
  does: 'units of work of all processes that read a row, think, and write it then',
  async inject(site, random) {
    for (const name of site.fleet.targets('aware')) {
      site.fleet.order(name, { order: 'amend', times: unitsOfEach, thinkMs: random.between(100, 1_500) })
    }
    site.tally.add('units of work that think before they write', unitsOfEach * site.fleet.targets('aware').length)
  },
}
