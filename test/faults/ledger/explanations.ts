import { clock } from '../../../examples/01-rename-column/demo/ledger.ts'

/** Why requests were refused with certain codes for a time, told by whoever brought it about. */
export interface Explanation {
  readonly codes: readonly string[]
  readonly because: string
  /** By `clock()`. */
  readonly from: number
  /** Infinity while it lasts. */
  until: number
}

/** What may happen at any time: nothing was written, and who is refused may try again. */
const always: readonly Pick<Explanation, 'codes' | 'because'>[] = [
  { codes: ['40P01'], because: 'writers that took rows in different orders: a deadlock, one of them gives way' },
  {
    codes: ['EC_VIEW_STALE'],
    because: 'a process that had not seen the phases for as long as its lease: frozen, starved or cut off',
  },
  { codes: ['40001'], because: 'a row changed under a snapshot: a serialization failure in repeatable read or above' },
]

/** Answers that were on their way. */
const momentUs = 2_000_000

/** The reasons that a run had for refusing requests. A refusal without one is a defect. */
export class Explanations {
  readonly #all: Explanation[] = always.map((one) => ({ ...one, from: 0, until: Number.POSITIVE_INFINITY }))

  /** From `from` until its `until` is set. */
  add(explanation: Omit<Explanation, 'until'>): Explanation {
    const added = { ...explanation, until: Number.POSITIVE_INFINITY }
    this.#all.push(added)
    return added
  }

  /** For as long as `work` takes, and a moment longer. */
  async during<Result>(explanation: Omit<Explanation, 'from' | 'until'>, work: () => Promise<Result>): Promise<Result> {
    const added = this.add({ ...explanation, from: clock() })
    try {
      return await work()
    } finally {
      added.until = clock() + momentUs
    }
  }

  /** Undefined where nothing explains that a request between two moments was refused with this code. */
  of(code: string, sent: number, done: number): string | undefined {
    return this.#all.find(({ codes, from, until }) => codes.includes(code) && done >= from && sent <= until)?.because
  }
}
