import { withoutValues } from '../errors/index.ts'
import type { Log } from './events.ts'
import type { MovedChange } from './phase-view.ts'

/** What a process tells of how it follows the phases, each thing once: when it begins, and when it is over. */
export class Reports {
  readonly #log: Log
  #isFailing = false
  #hasLongUnits = false

  constructor(log: Log) {
    this.#log = log
  }

  moved({ changeId, state: { phase, epoch, recorded } }: MovedChange): void {
    const event = { level: 'info' as const, changeId, phase }
    this.#log(
      recorded
        ? { ...event, type: 'phase', epoch, message: `Change "${changeId}" is in "${phase}" (epoch ${epoch}).` }
        : {
            ...event,
            type: 'phase-derived',
            message: `Change "${changeId}" has no row in the control tables; by its columns it is in "${phase}".`,
          },
    )
  }

  /** @param units how many have been open for longer than `limitMs`. */
  longUnits(units: number, limitMs: number): void {
    if (units > 0 && !this.#hasLongUnits) {
      this.#log({
        type: 'long-unit',
        level: 'warn',
        message: `${units} unit(s) of work have been open for more than ${limitMs / 1000} s and hold up the next step of a change. Give such work \`run(context, work, { longRunning: true })\`.`,
      })
    }
    this.#hasLongUnits = units > 0
  }

  /**
   * @param errors what kept the process from reading the phases or from registering, the worst first.
   * @param leaseMs for how long the last known phases stay in force.
   */
  followed(errors: readonly unknown[], leaseMs: number): void {
    const isFailing = errors.length > 0
    if (isFailing === this.#isFailing) return
    this.#isFailing = isFailing
    this.#log(
      isFailing
        ? {
            type: 'refresh-failed',
            level: 'warn',
            message: `The phases cannot be read (${reasonOf(errors[0])}); the last known ones stay in force for less than ${leaseMs / 1000} s.`,
          }
        : { type: 'refreshed-again', level: 'info', message: 'The phases can be read again.' },
    )
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error && error.name === 'ExpandContractError' ? error.message : withoutValues(error).message
}
